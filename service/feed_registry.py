"""All feeds that are known as plain rows: their contract, and how they are now."""

from pathlib import Path

import pandas as pd

from service.utc import iso

READ, NO_ADAPTER = "read", "none"
"""Contract of a feed: it can be read; it is known, but no adapter reads it yet."""

_FROM_SPEC = ("name", "title", "owner", "licence", "kind", "evidence", "cadence_seconds",
              "warn_minutes", "critical_minutes")  # fmt: skip
_FROM_HEALTH = ("state", "reason", "age_seconds", "stations", "stations_late", "drift")
_TIMES = ("last_try", "last_success", "last_new", "newest_time")


def feed_rows(data, now=None):
    """One row a feed, those that are switched on first, then by name.

    Parameters
    ----------
    data : path-like
        Data folder, with ``feeds.toml`` and the folder ``feeds`` where there are any.
    now : datetime, optional
        Aware; default the clock of this machine.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``owner``, ``licence``, ``kind``, ``evidence``, ``cadence_seconds``,
        ``warn_minutes``, ``critical_minutes``, ``contract`` ("read" or "none"), ``on``, and of
        `twin.feeds.health.Health` its fields, times as ISO text.

    Raises
    ------
    InputError
        ``feeds.toml`` is not right.
    """
    from twin.feeds.configuration import read_configuration

    now = pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
    settings = read_configuration(data).feeds
    specs = _specs(settings)
    healths = _healths(Path(data) / "feeds", specs, now)
    on = {name for name, setting in settings.items() if setting.on}
    rows = [_row(spec, spec.name in on, healths[spec.name]) for spec in specs]
    return sorted(rows, key=lambda row: (not row["on"], row["name"]))


def _specs(settings):
    """Contracts of the registry, and of tables that the city describes itself."""
    from twin.feeds.configuration import adapter_of
    from twin.feeds.registry import ADAPTERS, adapter

    own = [name for name in settings if name not in ADAPTERS]
    return [adapter(name).spec for name in ADAPTERS] + [
        adapter_of(name, settings[name]).spec for name in own
    ]


def _healths(folder, specs, now):
    from twin.feeds.health import Health, HealthBook

    if not (folder / "feeds.sqlite").is_file():
        return {spec.name: Health() for spec in specs}
    return HealthBook(folder).healths(specs, now)


def _row(spec, on, health):
    times = {name: getattr(health, name) for name in _TIMES}
    return {
        **{name: getattr(spec, name) for name in _FROM_SPEC},
        "contract": READ,
        "on": on,
        **{name: getattr(health, name) for name in _FROM_HEALTH},
        **{name: None if time is None else iso(time) for name, time in times.items()},
    }
