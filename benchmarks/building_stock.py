"""Generated buildings in any number: blocks as a layer, houses with gabled roofs as a model."""

from collections import Counter

import geopandas
import numpy as np
import shapely
import xarray

from twin.city import City, write_city
from twin.fields import describe
from twin.grid import Grid
from twin.model.city_model import CityModel, CityObject, Geometry

PLOT = 30.0
"""Edge of the ground of one building [m]."""

CRS = "EPSG:3826"
_WEST, _NORTH = 200_000.0, 2_700_000.0
_CELL = 30.0
_L_SHAPE = np.array([[0, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]) - 0.5
_BOX = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - 0.5
# Corners of a gabled house: four of the floor, four of the eaves, two of the ridge.
_FACES = ((3, 2, 1, 0), (0, 1, 5, 4), (2, 3, 7, 6), (1, 2, 6, 9, 5), (3, 0, 4, 8, 7),
          (4, 5, 9, 8), (6, 7, 8, 9))  # fmt: skip
_KINDS = ("GroundSurface", "WallSurface", "RoofSurface")
_FACE_KINDS = (0, 1, 1, 1, 1, 2, 2)


def write_blocks(folder, count, seed=1):
    """Write a city with a layer of buildings: boxes and L shapes of 6 to 40 m height.

    Parameters
    ----------
    folder : pathlib.Path
        Where the package goes.
    count : int
        Buildings.
    seed : int
        Of the random numbers.

    Returns
    -------
    twin.city.City
    """
    chance = np.random.default_rng(seed)
    grid = _grid(count)
    centres, sides, angles = _plots(count, chance)
    is_box = chance.random(count) < 0.7
    shapes = np.empty(count, object)
    for mask, outline in ((is_box, _BOX), (~is_box, _L_SHAPE)):
        shapes[mask] = shapely.polygons(_placed(outline, centres, sides, angles)[mask])
    frame = geopandas.GeoDataFrame(
        {
            "building_id": [f"B{number:08d}" for number in range(count)],
            "height": (6 + chance.gamma(2.0, 4.0, count)).clip(6, 120).round(1),
            "ground": _ground(*centres.T).round(3),
            "storeys": chance.integers(1, 20, count).astype("i4"),
            "use": chance.choice(["residential", "commercial", "industrial"], count),
        },
        geometry=shapes,
        crs=CRS,
    )
    return write_city(
        folder, name="bench", grid=grid, terrain=_terrain(grid), layers={"buildings": frame}
    )


def houses_city(folder, count, seed=1):
    """A city with a model of houses with gabled roofs (LoD2, solids with semantics).

    Parameters
    ----------
    folder, count, seed
        As for `write_blocks`, which writes the package.

    Returns
    -------
    twin.city.City
        Its model is in memory.
    """
    chance = np.random.default_rng(seed)
    city = write_blocks(folder, count, seed)
    centres, sides, angles = _plots(count, chance)
    floors = _placed(_BOX, centres, sides, angles)
    ground = _ground(*centres.T)
    shape = _shape()
    objects = {}
    for number in range(count):
        points = _house(floors[number], ground[number], 6.0, 3.0)
        geometry = Geometry(points=points, **shape)
        name = f"B{number:08d}"
        objects[name] = CityObject(name, "Building", {"roofType": "gable"}, (geometry,))
    return _Modelled.of(city, CityModel(objects, CRS, Counter(Building=count)))


def rough_city(folder, side=1_000, seed=1):
    """Write a city of ground alone: hills, a street every 100 m, a levee, and roughness.

    Parameters
    ----------
    folder : pathlib.Path
        Where the package goes.
    side : int
        Cells of 5 m along an edge.
    seed : int
        Of the random numbers.

    Returns
    -------
    twin.city.City
    """
    grid = Grid(_WEST, _NORTH, 5.0, side, side, CRS)
    ground = _ground(grid.x[None], grid.y[:, None])
    cell = np.arange(side) % 20 < 3
    ground[cell[:, None] | cell[None]] -= 0.3
    ground[:, side // 2 : side // 2 + 3] += 3.0
    ground += np.random.default_rng(seed).normal(0, 0.05, grid.shape)
    return write_city(folder, name="ground", grid=grid, terrain=_described(ground, grid), layers={})


class _Modelled(City):
    """A city whose model is not on disk."""

    has_model = True

    @classmethod
    def of(cls, city, model):
        """The same city with a model."""
        modelled = cls(**{name: getattr(city, name) for name in City.__dataclass_fields__})
        object.__setattr__(modelled, "_model", model)
        return modelled

    def model(self):
        """The model."""
        return self._model


def _shape():
    """All of a gabled house but its points."""
    sizes = np.array([len(face) for face in _FACES], np.int32)
    return {
        "kind": "Solid",
        "lod": "2",
        "corners": np.concatenate(_FACES).astype(np.int32),
        "ring_ends": np.cumsum(sizes, dtype=np.int32),
        "surface_ends": np.arange(1, len(_FACES) + 1, dtype=np.int32),
        "shell_ends": np.array([len(_FACES)], np.int32),
        "solid_ends": np.array([1], np.int32),
        "semantics": tuple({"type": kind} for kind in _KINDS),
        "surface_semantics": np.array(_FACE_KINDS, np.int32),
    }


def _house(floor, ground, eaves, gable):
    low = np.column_stack([floor, np.full(4, ground)])
    high = low + [0, 0, eaves]
    ridge = np.array([(high[3] + high[0]) / 2, (high[1] + high[2]) / 2]) + [0, 0, gable]
    return np.concatenate([low, high, ridge])


def _grid(count):
    side = int(np.ceil(np.sqrt(count)))
    cells = max(int(np.ceil(side * PLOT / _CELL)), 4)
    return Grid(_WEST, _NORTH, _CELL, cells, cells, CRS)


def _plots(count, chance):
    """Middle, sides and turn of the buildings: one a plot, not touching."""
    side = int(np.ceil(np.sqrt(count)))
    row, column = np.divmod(np.arange(count), side)
    centres = np.column_stack([_WEST + (column + 0.5) * PLOT, _NORTH - (row + 0.5) * PLOT])
    sides = chance.uniform(8.0, 18.0, (count, 2))
    return centres.round(3), sides, chance.uniform(0, np.pi, count)


def _placed(outline, centres, sides, angles):
    """An outline at each place, shape (n, corner, 2) [m]."""
    local = outline[None] * sides[:, None]
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    turned = [local[..., 0] * cos - local[..., 1] * sin, local[..., 0] * sin + local[..., 1] * cos]
    return centres[:, None] + np.stack(turned, axis=-1)


def _ground(x, y):
    """Gentle hills [m]."""
    return 20 + 8 * np.sin((x - _WEST) / 900) + 5 * np.cos((_NORTH - y) / 700)


def _terrain(grid):
    return _described(_ground(grid.x[None], grid.y[:, None]), grid)


def _described(ground, grid):
    field = (("y", "x"), ground.astype("f4"))
    return describe(xarray.Dataset({"elevation": field}, coords=grid.coords()))
