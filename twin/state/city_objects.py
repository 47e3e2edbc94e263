"""The objects of a city that carry a state: what there is of each class, and where."""

from functools import cached_property

import numpy as np

from twin.errors import MissingError
from twin.exposure import building_rings, home_districts
from twin.roads.passability import ground_cells, line_cells, spans
from twin.state.object_cells import NO_CELLS, hosts_of, open_water, point_cells
from twin.state.object_classes import SHELTER_KINDS, FoundObject, require_class

REACHES = {"flood_spots": 15.0}
"""Around a point of these layers water is looked for so far [m]; else in the cells next to it."""

MOST_LISTED = 100_000
"""So many objects are listed at once."""


class CityObjects:
    """The layers of one version of a city, opened once, with the cells around their objects.

    Parameters
    ----------
    city : twin.city.City
        An open city; a layer that it has not is an empty class.
    """

    def __init__(self, city):
        self.city = city
        self._layers, self._names, self._rows, self._cells = {}, {}, {}, {}
        self._homes = {}

    def layer(self, name):
        """A layer, read once; None where the city has it not."""
        if name not in self._layers:
            self._layers[name] = self.city.layer(name) if self.city.has_layer(name) else None
        return self._layers[name]

    @property
    def has_roads(self):
        """Whether the city has any road."""
        roads = self.layer("roads")
        return roads is not None and len(roads) > 0

    def find(self, kind, object_id):
        """One object of a class by its id, or by ``row:N``.

        Raises
        ------
        InputError
            There is no such class.
        MissingError
            The class has no such object.
        """
        for layer, column in require_class(kind).items():
            row = self._row_of(layer, column, object_id)
            if row is not None and self._members(kind, layer)[row]:
                return self._object(kind, layer, column, row)
        raise MissingError(
            f"{self.city.name} has no {kind} {str(object_id)[:60]!r}, expected an id of its layer "
            f"or row:N; ask /objects?class={kind} for the ids"
        )

    def rows(self, kind):
        """All objects of a class as (layer, rows), rows of int."""
        found = []
        for layer in require_class(kind):
            if self.layer(layer) is not None:
                found.append((layer, np.flatnonzero(self._members(kind, layer))))
        return found

    def listing(self, kind, offset=0, most=MOST_LISTED):
        """Objects of a class from one on: id, name, name_zh, lon, lat; at most `most`.

        Parameters
        ----------
        kind : str
            A key of `CLASSES`.
        offset, most : int, optional
            How many are left out at the beginning, and how many are given.
        """
        listed = []
        for layer, rows in self.rows(kind):
            chosen = rows[offset : offset + most - len(listed)]
            offset = max(offset - len(rows), 0)
            listed += self._listed(kind, layer, chosen)
        return listed

    def _listed(self, kind, layer, rows):
        import geopandas as gpd

        frame, columns = self.layer(layer).iloc[rows], self.names(kind, layer, rows)
        middles = gpd.GeoSeries(frame.geometry.representative_point(), crs=frame.crs)
        middles = middles.to_crs("EPSG:4326")
        columns["lon"] = [None if x != x else x for x in middles.x.round(6)]  # NaN: no place
        columns["lat"] = [None if y != y else y for y in middles.y.round(6)]
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def names(self, kind, layer, rows):
        """Columns ``id``, ``name`` and ``name_zh`` of some rows of a layer of a class."""
        frame, ids = self.layer(layer).iloc[rows], self._ids(layer, require_class(kind)[layer])
        own = [ids[row] for row in rows]
        return {
            "id": own,
            "name": [name or one for name, one in zip(_texts(frame, "name"), own, strict=True)],
            "name_zh": [name or None for name in _texts(frame, "name_zh")],
        }

    def cells(self, layer):
        """Cells in which the water at each row of a layer stands; has ``deepest(depth)``.

        Returns
        -------
        twin.exposure.BuildingRings or twin.roads.passability.LineCells
            Rings of buildings; cells under lines, but none under bridges; cells around points.
        """
        if layer not in self._cells:
            self._cells[layer] = self._find_cells(layer)
        return self._cells[layer]

    def ground(self, found):
        """Lowest ground of the model at an object [m]; None where there is none."""
        if found.kind == "district":
            return None
        cells = self.cells(found.layer).of(found.row)
        heights = self._elevation.ravel()[cells]
        heights = heights[np.isfinite(heights)]
        return float(heights.min()) if heights.size else None

    @cached_property
    def building_is_known(self):
        """Whether the model has ground around each building, bool, shape (building,)."""
        return np.isfinite(self.cells("buildings").deepest(self._elevation))

    def home_district(self, layer):
        """Row of the district in which the middle of each object lies, -1 outside, shape (row,)."""
        if layer not in self._homes:
            objects, districts = self.layer(layer), self.layer("districts")
            is_known = objects is not None and districts is not None and len(districts) > 0
            nowhere = np.full(0 if objects is None else len(objects), -1)
            self._homes[layer] = home_districts(objects, districts) if is_known else nowhere
        return self._homes[layer]

    def require_district(self, name):
        """Refuse the name of a district that is none of this city.

        Raises
        ------
        MissingError
            There is no such district.
        """
        districts = self.layer("districts")
        names = [] if districts is None else _texts(districts, "name")
        if name not in names:
            there = ", ".join(names[:12]) or "none"
            raise MissingError(
                f"{self.city.name} has no district {name[:60]!r}, expected one of {there}; choose "
                "one"
            )

    def district_names(self, layer, rows):
        """Name of the district of each of some objects; None outside of all."""
        districts = self.layer("districts")
        names = [] if districts is None else _texts(districts, "name")
        return [names[home] if home >= 0 else None for home in self.home_district(layer)[rows]]

    @cached_property
    def road_level(self):
        """1 for roads on bridges by their layer, -1 in underpasses, else 0; shape (road,)."""
        roads = self.layer("roads")
        return flags(roads, "is_bridge").astype(int) - flags(roads, "is_underpass")

    @cached_property
    def is_bridge(self):
        """Whether each road is a bridge that no water of the model reaches, bool."""
        lines = self.layer("roads").geometry.to_numpy()
        return spans(lines, self.road_level, self.city.grid, self.is_open_water)

    @cached_property
    def is_underpass(self):
        """Whether each road is an underpass, bool."""
        return self.road_level < 0

    @cached_property
    def _elevation(self):
        return self.city.terrain_window(0, 0, self.city.grid.ny, self.city.grid.nx, ["elevation"])[
            "elevation"
        ].values

    @cached_property
    def is_open_water(self):
        """Whether a cell is water before any rain (river, canal, pond), bool, shape (y, x)."""
        return open_water(self.city, self.layer("water"))

    def _find_cells(self, layer):
        frame, grid = self.layer(layer), self.city.grid
        if frame is None:
            return NO_CELLS
        if layer == "buildings":
            return building_rings(frame, grid)
        lines = frame.geometry.to_numpy()
        if layer == "roads":
            return ground_cells(lines, self.road_level, grid, self.is_open_water)
        if not (frame.geom_type == "Point").all():
            return line_cells(lines, grid)
        reach = REACHES.get(layer, 1.5 * grid.cell_size)
        rings = None if self.layer("buildings") is None else self.cells("buildings")
        hosts = hosts_of(frame.geometry, self.layer("buildings"))
        return point_cells(frame.geometry, reach, grid, self.is_open_water, rings, hosts)

    def _object(self, kind, layer, column, row):
        frame = self.layer(layer)
        record = frame.iloc[row].drop(frame.geometry.name)
        attributes = {str(name): _plain(value) for name, value in record.items()}
        return FoundObject(
            kind, self._ids(layer, column)[row], layer, row, attributes, frame.geometry.iloc[row]
        )

    def _members(self, kind, layer):
        """Which rows of a layer are of the class, bool."""
        frame = self.layer(layer)
        if kind == "underpass":
            return self.is_underpass
        if kind == "shelter":
            kinds = np.array([text.lower() for text in _texts(frame, "kind")])
            is_shelter = np.isin(kinds, SHELTER_KINDS)
            return is_shelter if is_shelter.any() else kinds == "school"
        return np.ones(len(frame), bool)

    def _row_of(self, layer, column, object_id):
        frame, text = self.layer(layer), str(object_id)
        if frame is None:
            return None
        if text.startswith("row:"):
            number = text[4:]
            is_row = number.isascii() and number.isdigit() and len(number) < 12
            return int(number) if is_row and int(number) < len(frame) else None
        if layer not in self._rows:
            ids = self._ids(layer, column)
            self._rows[layer] = {name: row for row, name in reversed(list(enumerate(ids)))}
        return self._rows[layer].get(text)

    def _ids(self, layer, column):
        if layer not in self._names:
            names = _texts(self.layer(layer), column)
            self._names[layer] = [name or f"row:{row}" for row, name in enumerate(names)]
        return self._names[layer]


def flags(frame, column):
    """A column of yes and no as bool; no where it is absent or empty."""
    if frame is None or column not in frame:
        return np.zeros(0 if frame is None else len(frame), bool)
    return frame[column].map(lambda value: value is True or value == 1).to_numpy(bool)


def _texts(frame, column):
    if column not in frame:
        return [""] * len(frame)
    import pandas as pd

    return ["" if missing else str(value)[:200] for value, missing in
            zip(frame[column], pd.isna(frame[column]), strict=True)]  # fmt: skip


def _plain(value):
    """An attribute as JSON carries it; lists and dicts of a reader as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    text = str(value)
    return None if text in ("NaT", "<NA>") else text[:500]
