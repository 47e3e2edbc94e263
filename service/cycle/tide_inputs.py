"""Tide forecasts for a forecast, parsed again from the payloads that were kept."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hydrology.forecast.tide_table import TideTable
from service.cycle.radar_inputs import FEEDS
from service.utc import iso
from twin.errors import TwinError

NEWEST = 2
"""Payloads that are read: the one before the last still has the waters of the night before."""

_DATABASE = "feeds.sqlite"


@dataclass(frozen=True)
class TideInputs:
    """High and low waters as they were foretold by a time.

    Attributes
    ----------
    tables : dict
        Place as the city names it -> `hydrology.forecast.tide_table.TideTable`.
    issue_time : str or None
        When the newest forecast came in.
    listing : tuple of dict
        ``name``, ``sha256``, ``newest_time`` of what was read.
    notes : tuple of str
        What is wrong with it.
    """

    tables: dict = field(default_factory=dict)
    issue_time: str | None = None
    listing: tuple = ()
    notes: tuple = ()


NO_TIDES = TideInputs()


def read_tides(data, moment, places):
    """Tide forecasts for some places that were received by a time.

    Parameters
    ----------
    data : path-like or None
        Data folder whose `feeds` holds raw payloads; None where there is none.
    moment : pandas.Timestamp
        Issue time, naive, UTC. Nothing that was received later is used.
    places : iterable of str or None
        Numbers or names of places in the forecast; None is passed over.

    Returns
    -------
    TideInputs
    """
    places = sorted({place for place in places if place is not None})
    if not places or data is None or not (Path(data) / FEEDS / _DATABASE).is_file():
        return NO_TIDES
    foretold, digests, notes = _foretold(Path(data) / FEEDS, moment.tz_localize("UTC"))
    if foretold is None:
        return TideInputs(notes=tuple(notes))
    tables = {place: _table(foretold, place, moment) for place in places}
    notes += [
        f"boundaries: the tide forecast has no place {place!r}"
        for place in places
        if not len(tables[place].seconds)
    ]
    issued = iso(foretold["issue_time"].max().tz_localize(None))
    digest = hashlib.sha256("".join(digests).encode()).hexdigest()
    listing = ({"name": "tide forecast", "sha256": digest, "newest_time": issued},)
    known = {place: table for place, table in tables.items() if len(table.seconds)}
    return TideInputs(known, issued, listing, tuple(notes))


def _foretold(folder, now):
    """Waters of the newest payloads, the hashes of these, and what cannot be read."""
    from twin.feeds.raw_store import RawStore
    from twin.feeds.registry import ADAPTERS, adapter

    raw, tables, digests, notes = RawStore(folder), [], [], []
    for name in raw.sources():
        if name not in ADAPTERS or adapter(name).spec.kind != "ahead":
            continue
        for received, digest, content in raw.newest(name, now, NEWEST):
            try:
                table = adapter(name).read(content, received).ahead
            except TwinError:
                notes.append(f"boundaries: a payload of {name} cannot be read")
                continue
            tables.append(table)
            digests.append(digest)
    return (pd.concat(tables, ignore_index=True) if tables else None), digests, notes


def _table(foretold, place, moment):
    """Waters of one place; where a later forecast begins, an earlier one ends."""
    own = foretold[(foretold["station_id"] == place) | (foretold["name"] == place)]
    own = own[own["property"] == "water_level"]
    begins = own.groupby("issue_time")["time"].min().sort_index()
    for issued, begin in begins.items():
        own = own[(own["issue_time"] >= issued) | (own["time"] < begin)]
    own = own.sort_values("time").drop_duplicates("time", keep="last")
    seconds = (own["time"].dt.tz_localize(None) - moment) / pd.Timedelta(seconds=1)
    return TideTable(seconds.to_numpy(float), own["value"].to_numpy(float))
