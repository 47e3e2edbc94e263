"""Cleans vector features: one CRS, valid single geometries, on the terrain, each once."""

import hashlib
import re

import geopandas
import numpy as np
import pandas
import shapely

from twin.crs import crs_text, horizontal_crs
from twin.errors import InputError

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


class Features:
    """Features on their way into a city, with the count of what happens to them.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As read; its rows get an index from 0.
    count : LayerCount
        Takes what is dropped and changed.
    what : str
        File and layer, for messages.
    """

    def __init__(self, frame, count, what):
        if frame.geometry.name != "geometry":
            others = frame.drop(columns="geometry", errors="ignore")
            frame = others.rename_geometry("geometry")
        self.frame = frame.reset_index(drop=True)
        self.frame["_row"] = np.arange(len(frame))
        self.count = count
        self.what = what
        self._changed = np.zeros(len(frame), dtype=bool)
        count.read = len(frame)

    def drop(self, unwanted, reason):
        """Drop rows by a boolean mask."""
        unwanted = np.asarray(unwanted, dtype=bool)
        self.count.note(reason, unwanted.sum())
        self.frame = self.frame[~unwanted]

    def change(self, changed, reason):
        """Note by a boolean mask which rows are not as they came."""
        changed = np.asarray(changed, dtype=bool)
        self.count.note(reason, changed.sum())
        self._changed[self.frame["_row"].to_numpy()[changed]] = True

    def finish(self, columns):
        """Close the count and give the features with these columns only.

        Returns
        -------
        geopandas.GeoDataFrame
        """
        kept = self.frame["_row"].unique()
        self.count.kept = len(kept)
        self.count.dropped = self.count.read - len(kept)
        self.count.changed = int(self._changed[kept].sum())
        return self.frame[[*columns, "geometry"]].reset_index(drop=True)


def place_on(features, grid, dimension):
    """Bring features into the CRS of a grid and keep what is sound and lies on it.

    Parameters
    ----------
    features : Features
        Changed in place.
    grid : Grid
        The terrain.
    dimension : int
        1 for lines, 2 for areas: other geometries, and parts of them, are dropped.

    Raises
    ------
    InputError
        None of the features touches the terrain.
    """
    frame = features.frame
    if frame.crs is None:
        features.frame = frame.set_crs(grid.crs)
        features.change(np.ones(len(frame), bool), "crs_assumed_as_of_terrain")
    features.drop(features.frame.geometry.isna() | features.frame.geometry.is_empty, "empty")
    given = crs_text(horizontal_crs(features.frame.crs, features.what))
    if given != grid.crs:
        features.frame = features.frame.to_crs(grid.crs)
        features.change(np.ones(len(features.frame), bool), "reprojected")
    _finite(features)
    _valid(features, dimension)
    _overlapping(features, grid)
    _single(features)
    _unique(features)


def _finite(features):
    shapes = features.frame.geometry.to_numpy()
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    beyond = np.zeros(len(shapes), dtype=bool)
    beyond[index[~np.isfinite(xy).all(axis=1)]] = True
    features.drop(beyond, "outside_of_crs")


def _valid(features, dimension):
    shapes = shapely.force_2d(features.frame.geometry.to_numpy())
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    shapes[mixed] = [_of_dimension(shape, dimension) for shape in shapes[mixed]]
    features.frame = features.frame.set_geometry(
        geopandas.GeoSeries(shapes, index=features.frame.index, crs=features.frame.crs)
    )
    size = shapely.area(shapes) if dimension == 2 else shapely.length(shapes)
    features.change(broken, "repaired")
    wrong = (shapely.get_dimensions(shapes) != dimension) | ~(size > 0)
    features.drop(wrong, "not_an_area" if dimension == 2 else "not_a_line")


def _of_dimension(collection, dimension):
    parts = shapely.get_parts(shapely.get_parts(collection))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == dimension])


def _overlapping(features, grid):
    shapes = features.frame.geometry.to_numpy()
    terrain = shapely.box(*grid.bounds)
    apart = ~shapely.intersects(shapes, terrain)
    if apart.all():
        extent = "nowhere" if len(shapes) == 0 else _extent(shapely.total_bounds(shapes))
        raise InputError(
            f"{features.what} covers {extent}, the terrain {_extent(grid.bounds)} in "
            f"{grid.crs[:60]}, expected them to overlap; check the CRS of both"
        )
    features.drop(apart, "outside_of_terrain")


def _extent(bounds):
    west, south, east, north = bounds
    return f"x {west:.0f} to {east:.0f}, y {south:.0f} to {north:.0f}"


def _single(features):
    parts = shapely.get_num_geometries(features.frame.geometry.to_numpy())
    features.change(parts > 1, "split_into_parts")
    features.count.note("parts_added", (parts - 1).sum())
    features.frame = features.frame.explode(ignore_index=True)


def _unique(features):
    shapes = shapely.normalize(features.frame.geometry.to_numpy())
    features.drop(pandas.Series(shapely.to_wkb(shapes)).duplicated().to_numpy(), "duplicate")


def find_column(frame, names):
    """Name of the first column that is among the names, whatever its case; or None."""
    lower = {str(column).lower(): column for column in frame.columns if column != "_row"}
    return next((lower[name] for name in names if name in lower), None)


def numbers_of(frame, names):
    """Numbers of the first column found, as float; NaN where there is none.

    Texts may carry a unit after the number, as in OpenStreetMap: ``"12.5 m"``.
    """
    column = find_column(frame, names)
    if column is None:
        return np.full(len(frame), np.nan)
    values = frame[column]
    if not pandas.api.types.is_numeric_dtype(values):
        found = values.astype("string").str.extract(f"({_NUMBER.pattern})", expand=False)
        values = found.str.replace(",", ".")
    numbers = pandas.to_numeric(values, errors="coerce")
    return numbers.to_numpy(dtype=float, na_value=np.nan, copy=True)


def texts_of(frame, names):
    """Texts of the first column found; empty where there is none."""
    column = find_column(frame, names)
    if column is None:
        return np.full(len(frame), "", dtype=object)
    values = frame[column]
    if pandas.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("string").fillna("").str.strip().to_numpy(dtype=object)


def ids_of(features, names, prefix):
    """Unique ids: those of the file where it has any, else made from the geometry.

    Parameters
    ----------
    features : Features
        Repeated ids and ids that had to be made are counted.
    names : sequence of str
        Columns that may hold ids.
    prefix : str
        Before an id that is made, which is the same for the same geometry in any file.

    Returns
    -------
    list of str
    """
    given = texts_of(features.frame, names)
    shapes = shapely.normalize(features.frame.geometry.to_numpy())
    made = [f"{prefix}{hashlib.sha256(w).hexdigest()[:12]}" for w in shapely.to_wkb(shapes)]
    ids = [text or made[i] for i, text in enumerate(given)]
    features.count.note("id_made", sum(not text for text in given))
    taken, unique = set(), []
    for text in ids:
        name, number = text, 1
        while name in taken:
            number += 1
            name = f"{text}-{number}"
        taken.add(name)
        unique.append(name)
    features.count.note("id_made_unique", sum(a != b for a, b in zip(ids, unique, strict=True)))
    return unique
