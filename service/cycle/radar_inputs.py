"""Radar and numerical rain for a forecast, parsed again from the payloads that were kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from service.utc import as_utc
from twin.errors import TwinError

FEEDS = "feeds"
"""Folder of the raw payloads in a data folder."""

RADAR_HOURS = 3.0
"""How far back radar is read: as long as it may be carried on [h]."""

_DATABASE = "feeds.sqlite"


@dataclass(frozen=True)
class GridInputs:
    """Rain fields as they were known at a time.

    Attributes
    ----------
    radar, numerical : xarray.Dataset or None
        As `hydrology.rainfall.sources.RainInputs` takes them.
    listing : tuple of dict
        ``name``, ``sha256``, ``newest_time`` of each source.
    degraded : tuple of str
        What could not be read.
    is_expected : bool
        Whether the city has a radar feed at all.
    """

    radar: object = None
    numerical: object = None
    listing: tuple = ()
    degraded: tuple = ()
    is_expected: bool = False


def read_grids(data, grid, moment, hours):
    """Rain fields that were received in the hours before a time.

    Parameters
    ----------
    data : path-like or None
        Data folder whose `feeds` holds raw payloads; None where there is none.
    grid : twin.grid.Grid
        Cells of the city.
    moment : pandas.Timestamp
        Naive, UTC. Nothing that was received later is used.
    hours : float
        Horizon of the forecast [h].

    Returns
    -------
    GridInputs
    """
    if data is None or not (Path(data) / FEEDS / _DATABASE).is_file():
        return GridInputs()
    from hydrology.rainfall.radar_series import radar_series
    from twin.feeds.raw_store import RawStore

    raw, now = RawStore(Path(data) / FEEDS), moment.tz_localize("UTC")
    past, ahead, listing, notes, is_expected = [], [], [], [], False
    for adapter in _grid_adapters(raw):
        is_expected = True
        grids, digests, wrong = _parsed(adapter, raw, now)
        notes += wrong
        if digests:
            listing.append(_listed(adapter.spec.name, digests, grids))
        past += [one for one in grids if not _is_forecast(one)]
        ahead += [one for one in grids if _is_forecast(one)]
    radar = None
    if past:
        try:
            radar = radar_series(past, grid, hours=hours)
        except TwinError as error:
            notes.append(f"rain: radar not used ({str(error)[:160]})")
    numerical = max(ahead, key=lambda one: one.attrs["valid_to"], default=None)
    return GridInputs(radar, numerical, tuple(listing), tuple(notes), is_expected)


def _grid_adapters(raw):
    """Adapters of the sources of grids of which something was kept."""
    from twin.feeds.registry import ADAPTERS, adapter

    known = [adapter(name) for name in raw.sources() if name in ADAPTERS]
    return [one for one in known if one.spec.kind == "grid"]


def _parsed(adapter, raw, now):
    """Grids of a source, the hashes of their payloads, and what cannot be read."""
    grids, digests, wrong = [], [], 0
    start = now - pd.Timedelta(hours=RADAR_HOURS)
    for received, digest, content in raw.between(adapter.spec.name, start, now, known_at=now):
        if digest in digests:
            continue
        digests.append(digest)
        try:
            grids += adapter.read(content, received).grids
        except TwinError:
            wrong += 1
    name = adapter.spec.name
    return grids, digests, [f"rain: {wrong} payloads of {name} cannot be read"] if wrong else []


def _is_forecast(grid):
    """Whether a grid tells of a time after it was issued."""
    return as_utc(grid.attrs["valid_to"]) > as_utc(grid.attrs["issue_time"])


def _listed(name, digests, grids):
    newest = max((as_utc(one.attrs["valid_to"]) for one in grids), default=None)
    return {
        "name": name,
        "sha256": hashlib.sha256("".join(digests).encode()).hexdigest(),
        "newest_time": None if newest is None else f"{newest:%Y-%m-%dT%H:%M:%SZ}",
    }
