"""All feeds that are known as plain rows: their contract, and how they are now."""

from pathlib import Path

import pandas as pd

from service.utc import iso

READ = "read"
"""Contract of a feed that an adapter reads."""

_FROM_FEED = ("name", "title", "owner", "licence", "kind", "evidence", "cadence_seconds",
              "contract", "note")  # fmt: skip
_FROM_HEALTH = ("state", "reason", "age_seconds", "stations", "stations_late", "drift")
_TIMES = ("last_try", "last_success", "last_new", "newest_time", "rests_until")


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
        Of `twin.feeds.catalogue.Feed` all but the address, ``warn_minutes`` and
        ``critical_minutes`` (None where nothing reads it), ``on``, and of
        `twin.feeds.health.Health` its fields, times as ISO text.

    Raises
    ------
    InputError
        ``feeds.toml`` is not right.
    """
    from twin.feeds.configuration import read_configuration

    now = pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
    settings = read_configuration(data).feeds
    feeds, specs = _known(settings)
    healths = _healths(Path(data) / "feeds", list(specs.values()), now)
    on = {name for name, setting in settings.items() if setting.on}
    rows = [_row(feed, specs.get(feed.name), feed.name in on, healths) for feed in feeds]
    return sorted(rows, key=lambda row: (not row["on"], row["contract"] != READ, row["name"]))


def _known(settings):
    """The catalogue with the tables that the city describes itself; contracts by name."""
    from twin.feeds.catalogue import catalogue
    from twin.feeds.configuration import adapter_of
    from twin.feeds.registry import ADAPTERS, adapter

    specs = {name: adapter(name).spec for name in ADAPTERS}
    own = {name: adapter_of(name, settings[name]).spec for name in settings if name not in specs}
    return [*catalogue(), *map(_own_feed, own.values())], specs | own


def _own_feed(spec):
    from twin.feeds.catalogue import Feed

    names = ("name", "title", "owner", "url", "licence", "cadence_seconds", "kind", "evidence")
    return Feed(**{name: getattr(spec, name) for name in names}, contract=READ)


def _healths(folder, specs, now):
    from twin.feeds.health import HealthBook

    if not (folder / "feeds.sqlite").is_file():
        return {}
    return HealthBook(folder).healths(specs, now)


def _row(feed, spec, on, healths):
    from twin.feeds.health import Health

    health = healths.get(feed.name, Health())
    times = {name: getattr(health, name) for name in _TIMES}
    return {
        **{name: getattr(feed, name) for name in _FROM_FEED},
        **{name: getattr(spec, name, None) for name in ("warn_minutes", "critical_minutes")},
        "on": on,
        **{name: getattr(health, name) for name in _FROM_HEALTH},
        **{name: None if time is None else iso(time) for name, time in times.items()},
    }
