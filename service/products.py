"""The files of a run beside the Zarr: rasters, hotspots, depths of buildings."""

import csv
import json
import math
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from service.cog_file import write_cog
from service.flood_file import MAXIMA
from service.utc import iso

NOT_KNOWN = 65535
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_maxima(path, fields, grid, tags):
    """Write the fields over the whole run as one COG, a band each.

    Parameters
    ----------
    path : path-like
        File to write.
    fields : xarray.Dataset (y, x)
        With all of `service.flood_file.MAXIMA`, which are the first bands; others follow.
    grid : twin.grid.Grid
        Where the cells lie.
    tags : dict
        Metadata of the file: run id, issue time, model version, twin level.

    Raises
    ------
    DeviceError
        What is on the disk is not what was written.
    """
    others = [n for n in fields.data_vars if fields[n].dims == ("y", "x") and n not in MAXIMA]
    names = [*MAXIMA, *others]
    bands = [np.asarray(fields[name], "f4") for name in names]
    units = [fields[name].attrs.get("units", "") for name in names]
    write_cog(path, bands, names, units, grid, tags)


def write_probability(path, probability, grid, tags):
    """Write exceedance probabilities as one COG, a band each threshold.

    Parameters
    ----------
    path : path-like
        File to write.
    probability : xarray.DataArray (threshold, y, x)
        Share of members deeper than the threshold [1]; `threshold` in metres.
    grid : twin.grid.Grid
        Where the cells lie.
    tags : dict
        Metadata of the file.

    Raises
    ------
    DeviceError
        What is on the disk is not what was written.
    """
    names = [f"depth > {float(depth):.2f} m" for depth in probability["threshold"]]
    bands = [np.asarray(band, "f4") for band in probability]
    write_cog(path, bands, names, ["1"] * len(bands), grid, tags)


def write_hotspots(folder, hotspots):
    """Write ranked hotspots as `write_places` does; the rows as JSON carries them."""
    return write_places(folder, "hotspots", hotspots)


def write_places(folder, name, places):
    """Write places as GeoJSON (longitude, latitude) and as CSV.

    Parameters
    ----------
    folder : path-like
        Gets ``<name>.geojson`` and ``<name>.csv``.
    name : str
        ``"hotspots"`` or ``"spots"``.
    places : GeoDataFrame
        In their order, with the columns of the forecast's contract.

    Returns
    -------
    list of dict
        The rows as JSON carries them, with ``rank``, ``lon`` and ``lat``.
    """
    rows = place_rows(places)
    features = [
        {
            "type": "Feature",
            "id": row["rank"],
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": row,
        }
        for row in rows
    ]
    collection = {"type": "FeatureCollection", "features": features}
    _write_json(Path(folder) / f"{name}.geojson", collection)
    columns = ["rank", *(column for column in places.columns if column != "geometry")]
    _write_csv(Path(folder) / f"{name}.csv", list(rows[0]) if rows else columns, rows)
    return rows


def write_table(folder, name, table):
    """Write a table without places as ``<name>.json``, a list of rows, and ``<name>.csv``.

    Parameters
    ----------
    folder : path-like
    name : str
    table : pandas.DataFrame

    Returns
    -------
    list of dict
        The rows as JSON carries them.
    """
    rows = [
        {column: plain(value) for column, value in zip(table.columns, values, strict=True)}
        for values in table.itertuples(index=False)
    ]
    _write_json(Path(folder) / f"{name}.json", rows)
    _write_csv(Path(folder) / f"{name}.csv", list(table.columns), rows)
    return rows


def _write_json(path, content):
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _write_csv(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([safe_cell(row[column]) for column in columns] for row in rows)


def place_rows(places):
    """Places as plain rows: rank, columns, lon, lat; NaN and NaT become None."""
    points = places.geometry.to_crs("EPSG:4326") if len(places) else []
    rows = []
    columns = [name for name in places.columns if name not in ("geometry", "rank", "lon", "lat")]
    for rank, (place, (_, row)) in enumerate(zip(points, places.iterrows(), strict=True), 1):
        values = {name: plain(row[name]) for name in columns}
        rows.append({"rank": rank, **values, "lon": round(place.x, 6), "lat": round(place.y, 6)})
    return rows


def plain(value):
    """A value as JSON can carry it: Python numbers, ISO times, None for what is missing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (datetime, np.datetime64)):
        return None if pd.isna(value) else iso(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def safe_cell(value):
    """A CSV cell that no spreadsheet takes for a formula; numbers stay as they are.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("-0.5"), safe_cell("Dock Road")
    ("'=1+1", '-0.5', 'Dock Road')
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not _is_number(value):
        return "'" + value
    return value


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def write_building_depths(folder, depths, times):
    """Write the water at each building over time.

    Parameters
    ----------
    folder : path-like
        Gets ``buildings.json`` and ``depths.bin``.
    depths : ndarray (time, building)
        Depth at each building of the layer, in its order [m]; NaN is not known.
    times : list of str
        ISO times of the rows.
    """
    millimetres = np.clip(np.asarray(depths) * 1000.0, 0, NOT_KNOWN - 1).round()
    millimetres[np.isnan(millimetres)] = NOT_KNOWN
    folder = Path(folder)
    millimetres.astype("<u2").tofile(folder / "depths.bin")
    about = {
        "file": "depths.bin",
        "dtype": "uint16, little endian",
        "unit": "mm",
        "not_known": NOT_KNOWN,
        "order": "[time][row of the buildings layer]",
        "times": times,
        "count": int(millimetres.shape[1]),
    }
    (folder / "buildings.json").write_text(json.dumps(about) + "\n")
