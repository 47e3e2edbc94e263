"""Settings of the service, once from the environment: FLOODTWIN_SERVICE_DATA, _HOST, _PORT."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the service keeps its data and where it listens."""

    model_config = SettingsConfigDict(env_prefix="FLOODTWIN_SERVICE_", frozen=True)

    data: Path = Path()
    host: str = "127.0.0.1"
    port: int = 8000

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
