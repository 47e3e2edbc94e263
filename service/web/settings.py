"""Settings of the service, once from the environment: FLOODTWIN_SERVICE_DATA, _HOST, _PORT ..."""

import re
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from twin.errors import InputError

EVERY_ORIGIN = "*"
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")


class Settings(BaseSettings):
    """Where the service keeps its data and where it listens."""

    model_config = SettingsConfigDict(env_prefix="FLOODTWIN_SERVICE_", frozen=True)

    data: Path = Path()
    host: str = "127.0.0.1"
    port: int = 8000
    allow_origin: str = ""

    @property
    def origins(self):
        """Web pages of others that may read: what their browsers call them, or `EVERY_ORIGIN`.

        Raises
        ------
        InputError
            One is none.
        """
        named = [word for word in re.split(r"[\s,]+", self.allow_origin) if word]
        for word in named:
            if word != EVERY_ORIGIN and not _ORIGIN.fullmatch(word):
                raise InputError(
                    f"origin {word[:80]!r}, expected one such as https://maps.example:8443 without "
                    "a path, or *; correct --allow-origin"
                )
        return tuple(named)

    @property
    def cities(self):
        """Folder of the city packages."""
        return self.data / "cities"

    def store(self, city):
        """Folder of a city's observations."""
        return self.data / "stores" / city

    def runs(self, city):
        """Folder of a city's runs."""
        return self.data / "runs" / city

    def scenarios(self, city):
        """Folder of a city's scenarios, with runs of their own."""
        return self.data / "scenarios" / city
