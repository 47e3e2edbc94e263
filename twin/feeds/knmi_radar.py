"""Radar of KNMI, every five minutes: rainfall rate or echoes on their own grid."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from twin.errors import InputError, MissingError
from twin.feeds.knmi_hdf5 import LIMITS, decode, read_composite
from twin.feeds.readings import parsed
from twin.feeds.source import GRID, Adapter, SourceSpec
from twin.fields import TYX, describe

LONGEST_GAP_SECONDS = 1.0

SPEC = SourceSpec(
    name="knmi_radar",
    title="Radar composites of KNMI",
    owner="Royal Netherlands Meteorological Institute (KNMI)",
    licence="CC BY 4.0",
    cadence_seconds=300.0,
    latency_seconds=300.0,
    warn_minutes=20.0,
    critical_minutes=40.0,
    timezone="UTC",
    units={"rainfall_rate": {"mm": 1e-3 / 300.0}, "reflectivity": {"dBZ": 1.0}},
    gross_range=LIMITS,
    crs="+proj=stere +lat_0=90 +lon_0=0 +lat_ts=60",
    kind=GRID,
    evidence="payload",
)


def read(content, received):
    """One composite as a grid.

    Parameters
    ----------
    content : bytes
        HDF5 of the KNMI format, one image group with calibration.
    received : pandas.Timestamp
        When it came in.

    Returns
    -------
    Parsed
        One grid of ``rainfall_rate`` [m s-1], its time the start of the interval, or of
        ``reflectivity`` [dBZ].

    Raises
    ------
    InputError
        It is no such composite, or the composite lies in the future.
    """
    composite = decode(io.BytesIO(content), "the composite")
    start, end = (pd.Timestamp(edge, tz="UTC") for edge in (composite.start, composite.end))
    if end > received + pd.Timedelta(seconds=SPEC.allowed_skew_seconds):
        raise InputError(
            f"the composite is of {end.isoformat()}, expected a time before its receipt at "
            f"{received.isoformat()}; fetch it again"
        )
    moments = {"issue_time": end, "valid_from": start, "valid_to": end}
    grid = _dataset([composite]).assign_attrs(
        {name: moment.isoformat() for name, moment in moments.items()} | {"source_id": SPEC.name}
    )
    return parsed([], SPEC, received, grids=[grid])


def read_series(files):
    """A series of composites as one rainfall dataset.

    Parameters
    ----------
    files : path or list of paths
        A folder (all its ``*.h5``) or the files, in any order.

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] on the radar's own grid; time is the start of
        each interval; attribute ``crs``. NaN outside of the radars' reach.

    Raises
    ------
    MissingError
        The folder holds no composite.
    InputError
        An interval is missing or comes twice, or the grids differ.
    """
    if isinstance(files, str | Path):
        folder = Path(files)
        files = sorted(folder.glob("*.h5"))
        if not files:
            raise MissingError(f"{folder} holds no *.h5, expected a folder of KNMI composites")
    composites = sorted((read_composite(file) for file in files), key=lambda one: one.start)
    _check_series(composites)
    return _dataset(composites)


def _dataset(composites):
    field, grid = composites[0].field, composites[0].grid
    is_rain = field == "rainfall_rate"
    times = [one.start if is_rain else one.end for one in composites]
    dataset = xr.Dataset(
        {field: (TYX, np.stack([one.values for one in composites]))},
        coords={"time": np.array(times, "datetime64[ns]"), **grid.coords()},
        attrs={"crs": grid.crs, "source": "KNMI", "licence": SPEC.licence},
    )
    return describe(dataset)


def _check_series(composites):
    if any(one.field != "rainfall_rate" for one in composites):
        raise InputError("the folder holds radar echoes, expected rain; use the rainfall product")
    for before, after in pairwise(composites):
        gap = (after.start - before.end) / np.timedelta64(1, "s")
        if after.grid != before.grid:
            raise InputError(
                f"the composite of {after.start} has another grid than that of {before.start}, "
                "expected one grid; keep each product in its own folder"
            )
        if abs(gap) > LONGEST_GAP_SECONDS:
            what = "overlap" if gap < 0 else "leave a gap"
            raise InputError(
                f"the composites of {before.start} and {after.start} {what} of {abs(gap):g} s, "
                "expected one after the other; complete the folder or choose fewer files"
            )


ADAPTER = Adapter(SPEC, read)
