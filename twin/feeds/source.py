"""The interface of a source: its contract, what its bytes become, and the pair of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

READINGS, GRID, WARNINGS, AHEAD = "readings", "grid", "warnings", "ahead"
"""What a source gives (`SourceSpec.kind`); the last are levels that lie ahead."""

LOWEST_DEPTH = -0.05
"""Depth [m] from which a gross range starts: so far below 0 the zero of a sensor may drift."""


@dataclass(frozen=True)
class SourceSpec:
    """The contract with one source: cadence, units, sentinels, zone, licence.

    Parameters
    ----------
    name : str
        Key in the registry and `source_id` of its readings.
    title : str
        Name for people.
    cadence_seconds : float
        Time between two readings of one station [s].
    timezone : str
        IANA zone of times that carry no offset.
    units : dict
        ``property -> {unit as sent: factor to SI}``. What is not listed is rejected.
    gross_range : dict
        ``property -> (lowest, highest)`` believable value [SI]; outside gets flag 4.
    licence : str
        Terms under which the source gives its readings; "" where they are not known.
    sentinels : dict
        ``number as sent -> (value [SI], flag)``. A table for each source, never a
        common one: -98 means "no rain" in one feed and "in repair" in another.
    words : dict
        ``text as sent -> (value [SI], flag)``.
    allowed_skew_seconds : float
        How far a clock may run ahead before a reading counts as from the future [s].
    owner : str
        Who runs the source.
    latency_seconds : float
        Usual time from the phenomenon to its appearance in the feed [s].
    warn_minutes, critical_minutes : float
        Age of the newest reading from which the source is late, or given up [min].
    crs : str
        Reference system of the positions that the source sends.
    url : str
        Where it is fetched; may hold ``{key}``. "" for what comes as files.
    key_setting : str
        Name of the environment variable with the key, "" where none is needed.
    relaxed_x509 : bool
        Whether its certificate chain lacks the Subject Key Identifier, so that the strict
        check of X.509 has to be left out for this host (and nothing else).
    max_bytes : int
        Largest answer that is read.
    evidence : str
        ``"payload"``: written against payloads of this feed; ``"documentation"``: against
        its description only.
    kind : str
        ``"readings"``, ``"grid"``, ``"warnings"`` or ``"ahead"``.
    epoch_is_local : bool
        Whether it counts seconds since 1970 on the local clock instead of UTC.
    other_hosts : tuple of str
        Hosts besides that of `url` to which its answers may lead.
    least_nonzero : dict
        ``unit as sent -> smallest number but 0 that it can carry``. A depth of 0.012 "cm" is
        one in metres, and so is one of 0.125 "cm" where sensors tell millimetres: what is
        smaller, or below ten of these steps and finer than one, gets flag 3.
    decimal_comma : bool
        Whether it writes 1.250,5 for a thousand two hundred and fifty and a half.
    time_format : str
        How it writes its times, as `datetime.strptime` has it, where no form that `times` knows is
        right: ``"%m/%d/%Y %H:%M"``.
    is_tables : bool
        Whether it is several tables with a path each: an address of a city's own with another
        path then leads to one of them.
    """

    name: str
    title: str
    cadence_seconds: float
    timezone: str
    units: dict
    gross_range: dict
    licence: str
    sentinels: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    allowed_skew_seconds: float = 600.0
    owner: str = ""
    latency_seconds: float = 0.0
    warn_minutes: float = 30.0
    critical_minutes: float = 60.0
    crs: str = "EPSG:4326"
    url: str = ""
    key_setting: str = ""
    relaxed_x509: bool = False
    max_bytes: int = 32 * 2**20
    evidence: str = "documentation"
    kind: str = READINGS
    epoch_is_local: bool = False
    other_hosts: tuple = ()
    least_nonzero: dict = field(default_factory=dict)
    decimal_comma: bool = False
    time_format: str = ""
    is_tables: bool = False


@dataclass(frozen=True)
class Parsed:
    """What the bytes of one answer say.

    Parameters
    ----------
    readings : pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`; may be empty.
    counts : dict
        ``read``, ``kept``, ``flagged``, ``rejected``, ``reasons`` (reason -> rows) and
        ``drift`` (names in the answer that are not known; empty when the shape is as agreed).
    stations : geopandas.GeoDataFrame, optional
        ``station_id``, ``name``, ``kind``, ``property``, ``unit``, ``district`` and
        ``alert_levels`` (tuple, most severe first, in the SI unit of the property); points in
        EPSG:4326.
    grids : tuple of xarray.Dataset
        A field over (time, y, x), row 0 north; attrs ``crs``, ``source_id``, ``issue_time``,
        ``valid_from``, ``valid_to``.
    warnings : pandas.DataFrame, optional
        Official warnings: ``source_id``, ``identifier``, ``event``, ``severity``, ``level``,
        ``area``, ``sent``, ``effective``, ``expires``, ``status``, ``references``.
    ahead : pandas.DataFrame, optional
        What is foretold at places, as no reading may be: ``station_id``, ``name``, ``property``,
        ``time`` and ``issue_time`` (UTC), ``value`` [SI].
    next_page : str, optional
        Address of the next page, byte for byte as the source gave it.
    outcome : str
        ``"ok"``, or ``"empty"``: healthy, with nothing to say.
    """

    readings: pd.DataFrame
    counts: dict
    stations: gpd.GeoDataFrame | None = None
    grids: tuple = ()
    warnings: pd.DataFrame | None = None
    ahead: pd.DataFrame | None = None
    next_page: str | None = None
    outcome: str = "ok"


class Adapter(NamedTuple):
    """A source: its contract, and how its bytes are read.

    ``read(content, received)`` is a pure function of the bytes and of the time of their
    receipt (UTC), so that every payload that was kept can be read again. Where a source is
    spread over several addresses, ``gather(get)`` fetches them with ``get(url) -> bytes`` and
    gives the one content that `read` takes and that is kept.
    """

    spec: SourceSpec
    read: Callable[[bytes, pd.Timestamp], Parsed]
    gather: Callable[[Callable[[str], bytes]], bytes] | None = None
