"""What came true: readings of sensors, a true flood, and floods that people saw."""

from pathlib import Path

import numpy as np
import pandas as pd

from hydrology.scores.pairing import Record
from service.utc import as_utc
from twin.errors import InputError, MissingError
from twin.observations.store import NOT_EVALUATED

DEPTH = "water_depth"

DEFAULT_RADIUS = 100.0
"""How far a sighting without a radius may be off [m]."""

MOST_SIGHTINGS = 100_000
MOST_BYTES = 50_000_000


def read_records(observations, start, end, as_of):
    """Usable depths and wet or dry states of all stations, as they stood at a time.

    Parameters
    ----------
    observations : twin.observations.store.ObservationStore
    start, end : pandas.Timestamp
        First and last phenomenon time.
    as_of : pandas.Timestamp
        Nothing that was received later is used.

    Returns
    -------
    dict
        Station -> hydrology.scores.pairing.Record; a depth goes before a state.
    """
    records = {}
    for station, rows in usable(observations, "is_wet", start, end, as_of).groupby("station_id"):
        nothing = np.full(len(rows), np.nan)
        records[str(station)] = Record(_times(rows), nothing, rows["value"].to_numpy(float))
    for station, rows in usable(observations, DEPTH, start, end, as_of).groupby("station_id"):
        nothing = np.full(len(rows), np.nan)
        records[str(station)] = Record(_times(rows), rows["value"].to_numpy(float), nothing)
    return records


def usable(observations, name, start, end, known_at):
    """Usable readings of a property as they stood at a time, station by station."""
    rows = observations.series(name, start, end, known_at=known_at)
    good = (rows["flag"] <= NOT_EVALUATED) & np.isfinite(rows["value"].astype(float))
    return rows[good].sort_values(["station_id", "phenomenon_time"], kind="stable")


def read_true_flood(path, places):
    """Depths of a true flood at places.

    Parameters
    ----------
    path : path-like
        Folder of a run, a ``flood.zarr``, or a NetCDF file with ``water_depth`` (time, y, x) [m]
        on the city's grid.
    places : pandas.DataFrame
        Index of ids with ``row`` and ``column``.

    Returns
    -------
    flood : xarray.DataArray (time, y, x)
        Read as far as used.
    records : dict
        Place -> Record.

    Raises
    ------
    MissingError
        There is none.
    InputError
        It has no such field.
    """
    flood = _open_flood(Path(path))
    inside = places[places["row"] >= 0]
    at = flood.isel(y=("place", inside["row"].to_numpy()), x=("place", inside["column"].to_numpy()))
    depths, times = at.values.astype(float), flood["time"].values.astype("datetime64[ns]")
    records = {}
    for number, name in enumerate(inside.index):
        known = np.isfinite(depths[:, number])
        if known.any():
            nothing = np.full(known.sum(), np.nan)
            records[name] = Record(times[known], depths[known, number], nothing)
    return flood, records


def read_sightings(path, crs):
    """Floods that people saw: reports of citizens or recorded flood points.

    Parameters
    ----------
    path : path-like
        CSV or GeoJSON with ``time`` (ISO), ``lon`` and ``lat`` (or points), and optionally
        ``radius_m`` and ``place``.
    crs : str
        Of the city.

    Returns
    -------
    sightings : pandas.DataFrame
        ``time`` (UTC), ``x``, ``y`` [m], ``radius_m``, ``place``.
    notes : list of str
        How many had no time or no place and were left out.

    Raises
    ------
    MissingError
        The file is not there.
    InputError
        It is too large, cannot be read, or has no such columns.
    """
    from pyproj import Transformer

    path = Path(path)
    frame = _read_table(path)
    absent = [name for name in ("time", "lon", "lat") if name not in frame]
    if absent or len(frame) > MOST_SIGHTINGS:
        raise InputError(
            f"{path.name} has {len(frame)} rows and columns {', '.join(map(str, frame))[:80]}, "
            f"expected time, lon and lat and at most {MOST_SIGHTINGS} rows; name the columns so"
        )
    times = pd.to_datetime(frame["time"], utc=True, errors="coerce", format="ISO8601")
    lon, lat = (pd.to_numeric(frame[name], errors="coerce") for name in ("lon", "lat"))
    good = (times.notna() & lon.abs().le(180) & lat.abs().le(90)).to_numpy()
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon[good], lat[good])
    radius = pd.to_numeric(frame.get("radius_m", DEFAULT_RADIUS), errors="coerce")
    radius = pd.Series(np.broadcast_to(radius, len(frame))).fillna(DEFAULT_RADIUS).clip(0, 2000)
    names = frame["place"].astype(str) if "place" in frame else [f"{n}" for n in range(len(frame))]
    sightings = pd.DataFrame(
        {
            "time": times[good].dt.tz_localize(None).to_numpy("datetime64[ns]"),
            "x": x,
            "y": y,
            "radius_m": radius.to_numpy(float)[good],
            "place": np.asarray(names, object)[good],
        }
    )
    left = len(frame) - len(sightings)
    notes = [f"{path.name}: {left} of {len(frame)} rows have no time or no place"] if left else []
    return sightings, notes


def _read_table(path):
    if not path.is_file():
        raise MissingError(
            f"no file {path}, expected CSV or GeoJSON of floods seen; check the path"
        )
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path.name} is larger than {MOST_BYTES:,} bytes; split it")
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            import geopandas as gpd

            frame = gpd.read_file(path).to_crs("EPSG:4326")
            points = frame.geometry.representative_point()
            return pd.DataFrame(frame.drop(columns="geometry")).assign(lon=points.x, lat=points.y)
        return pd.read_csv(path)
    except (ValueError, OSError, RuntimeError, AttributeError) as error:
        raise InputError(
            f"{path.name} cannot be read ({str(error)[:120]}), expected CSV or GeoJSON; check it"
        ) from error


def _open_flood(path):
    import xarray as xr

    path = path / "flood.zarr" if (path / "flood.zarr").exists() else path
    if not path.exists():
        raise MissingError(f"no flood at {path}, expected a run, a Zarr or NetCDF; check the path")
    try:
        is_file = path.is_file()
        file = xr.open_dataset(path) if is_file else xr.open_zarr(path, chunks=None)
        flood = file["water_depth"].transpose("time", "y", "x")
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"{path} has no water_depth over time, y and x ({str(error)[:120]}); name another file"
        ) from error
    return flood


def _times(rows):
    return (
        rows["phenomenon_time"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ns]")
    )


def moment_of(text):
    """A time given by people, or now, as naive UTC."""
    return pd.Timestamp.now("UTC").tz_localize(None) if text is None else as_utc(text)
