"""A city while it is being edited: copies of what changes, and who changed which cells."""

from dataclasses import dataclass, field

import numpy as np

from twin.errors import InputError
from twin.heat.surface_cover import cover_of_city, sealed_share

BUILT = 0.5
"""Share of a cell that is built on from which the cell is a building."""


@dataclass(frozen=True)
class EditReport:
    """What one edit did.

    Parameters
    ----------
    number, kind, name : int, str, str
        As it stands in the scenario, from 1.
    text : str
        One line for people.
    shape : shapely.Geometry
        Where it lies, in the CRS of the city.
    cells : numpy.ndarray of bool or None
        Cells that it changed, shape (y, x); None where it changed none.
    cut_m3, fill_m3, storage_m3 : float
        Ground that is taken away and brought; water that the new hollow holds [m3].
    """

    number: int
    kind: str
    name: str
    text: str
    shape: object = field(repr=False)
    cells: object = field(default=None, repr=False)
    cut_m3: float = 0.0
    fill_m3: float = 0.0
    storage_m3: float = 0.0


class Draft:
    """A city that edits change; the base city stays as it is.

    Parameters
    ----------
    city : twin.city.City
        The base.
    """

    def __init__(self, city):
        self.city, self.grid = city, city.grid
        self.terrain = city.terrain.copy(deep=True)
        self.cover = cover_of_city(city, self.terrain)
        self.layers = {}
        self.structures = {"levee": [], "wall": [], "culvert": []}
        self.reports, self.notes = [], []
        self.has_land_cover = "imperviousness" in self.terrain
        if not self.has_land_cover:
            self.terrain["imperviousness"] = ("y", "x"), sealed_share(self.terrain)
        self._owners = {}

    @property
    def ground(self):
        """Elevation without buildings, shape (y, x) [m]; to be written to."""
        return self.terrain["elevation"].values

    def field(self, name, default=0.0):
        """One field of the terrain, made where the city has none; to be written to."""
        if name not in self.terrain:
            values = np.full(self.grid.shape, default, np.float32)
            self.terrain[name] = ("y", "x"), values
        return self.terrain[name].values

    def layer(self, name):
        """A layer as it stands now."""
        return self.layers[name] if name in self.layers else self.city.layer(name)

    @property
    def is_built(self):
        """Cells that a building fills, shape (y, x)."""
        if "building_blockage" not in self.terrain:
            return np.zeros(self.grid.shape, bool)
        return self.terrain["building_blockage"].values >= BUILT

    def cells_in(self, area, where):
        """Cells with ground whose middle lies in a surface; else those that it touches.

        Raises
        ------
        InputError
            There are none.
        """
        for all_touched in (False, True):
            cells = self.burnt(area, all_touched)
            if cells.any():
                return cells
        raise InputError(
            f"{where} covers no cell with ground, expected some inside of the city; move it"
        )

    def burnt(self, area, all_touched=False):
        """Cells with ground whose middle lies in a surface, or which it touches, shape (y, x)."""
        from rasterio.features import rasterize

        burnt = rasterize(
            [area], self.grid.shape, transform=self.grid.transform, all_touched=all_touched,
            dtype="uint8",
        )  # fmt: skip
        return (burnt > 0) & np.isfinite(self.ground)

    def claim(self, what, cells, number, where):
        """Note which edit sets a quantity on some cells.

        Raises
        ------
        InputError
            Another edit set it there before.
        """
        owners = self._owners.setdefault(what, np.zeros(self.grid.shape, np.int16))
        earlier = owners[cells]
        if earlier.any():
            other = int(earlier[earlier > 0][0])
            raise InputError(
                f"{where} sets the {what} of {int((earlier > 0).sum())} cells that edit {other} "
                "sets too, expected places that lie apart; change one of them"
            )
        owners[cells] = number
