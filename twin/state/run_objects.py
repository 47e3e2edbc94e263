"""One run over the objects of a city: depth at each of them over time, and over the whole run."""

from functools import cached_property

import numpy as np

from twin.building_damage import AROUND, building_damage
from twin.hazard import UNKNOWN, arr_class
from twin.state.run_water import QUANTILES

LAYERS = ("roads", "drains", "pump_stations", "mobile_pumps", "gates", "places", "flood_spots")
"""Layers whose depths are read in one pass over the frames; buildings have a product."""

DAMAGE_FIELDS = tuple(f"max_depth_p{round(100 * quantile)}" for quantile in QUANTILES)
"""Fields of an ensemble whose depths give the damage and its range."""

PROBABLE_DEPTH = 0.3
"""Depth whose probability a forecast states [m]."""

WET = 0.05
"""Depth from which the water has come to an object [m]."""


class RunObjects:
    """What a run says of every object, read when asked for and kept.

    Parameters
    ----------
    objects : twin.state.city_objects.CityObjects
        Of the city.
    water : twin.state.run_water.RunWater
        Of the run.
    """

    def __init__(self, objects, water):
        self.objects = objects
        self.water = water
        self._whole = {}

    @cached_property
    def mismatch(self):
        """Why nothing can be said of the objects of this city; empty where all is well."""
        found = self.objects.city.grid.unlike(self.water.grid)
        return found and f"the run has {found} as this city"

    def series(self, layer):
        """Depth at each row of a layer over time, shape (time, row) [m]; NaN where unknown."""
        if self.mismatch:
            count = len(self.objects.layer(layer))
            return np.full((len(self.water.times), count), np.nan, np.float32)
        return self._buildings if layer == "buildings" else self._series[layer]

    def depth_at(self, layer, row, step):
        """Depth at one row in one frame [m]."""
        return float(self.series(layer)[step, row])

    def course(self, layer, row):
        """Depth at one row over time, shape (time,) [m]."""
        return np.asarray(self.series(layer)[:, row], float)

    def largest(self, layer):
        """Largest depth of the run at each row, shape (row,) [m]; a forecast's median."""
        if self.water.is_forecast and self.water.has("max_depth_p50"):
            return self.whole(layer, "max_depth_p50")
        found = self.whole(layer, "max_depth")
        return self.series(layer).max(axis=0) if found is None else found

    def quantiles(self, layer):
        """Largest depth by quantile, shape (3, row) [m]; None where the run is no ensemble."""
        names = [f"max_depth_p{round(100 * quantile)}" for quantile in QUANTILES]
        if not all(self.water.has(name) for name in names):
            return None
        return np.stack([self.whole(layer, name) for name in names])

    def whole(self, layer, name):
        """Largest value of a field of the run at each row, shape (row,); None without it."""
        return self._kept((layer, name), lambda: self._gather(layer, self.water.whole(name)))

    def probability(self, layer):
        """Probability of more than `PROBABLE_DEPTH` at each row, shape (row,) [1]; or None."""
        return self._kept(
            (layer, "probability"),
            lambda: self._gather(layer, self.water.probability(PROBABLE_DEPTH)),
        )

    def arrival(self, layer):
        """Seconds until each row first stands deeper than `WET`, shape (row,); NaN: never."""
        return self._kept((layer, "arrival"), lambda: self._arrival(layer))

    def hazard(self, layer):
        """Class H1 to H6 of the whole run at each row, uint8; None without speed."""
        return self._kept((layer, "hazard"), lambda: self._hazard(layer))

    @cached_property
    def damage(self):
        """Damage to each building, `twin.building_damage.BuildingDamage`; of P10 to P90."""
        low, middle, high = (self._around(name) for name in DAMAGE_FIELDS)
        if middle is None:
            middle = self._around("max_depth")
        if middle is None:
            middle = self.largest("buildings")
        buildings = self.objects.layer("buildings")
        return building_damage(self.objects.city, buildings, middle, low, high)

    def _around(self, name):
        """Depth around each building in a field of the whole run, shape (building,) [m]; None."""
        field = self.water.whole(name)
        if field is None or self.mismatch:
            return None
        return self.objects.cells("buildings").quantile(field, AROUND)

    def _kept(self, key, make):
        if key not in self._whole:
            self._whole[key] = make()
        return self._whole[key]

    def _gather(self, layer, field):
        if field is None:
            return None
        if self.mismatch:
            return np.full(len(self.objects.layer(layer)), np.nan, np.float32)
        return self.objects.cells(layer).deepest(field)

    def _arrival(self, layer):
        series = self.series(layer)
        wet = series > WET
        seconds = (self.water.times - self.water.times[0]).astype(float)
        return np.where(wet.any(axis=0), seconds[wet.argmax(axis=0)], np.nan)

    def _hazard(self, layer):
        speed, product = self.whole(layer, "max_speed"), self.whole(layer, "max_hazard")
        depth = self.whole(layer, "max_depth")
        if speed is None or product is None or depth is None:
            return None
        if not np.isfinite(speed).any():
            return np.full(speed.shape, UNKNOWN, np.uint8)
        return arr_class(depth, speed, product)

    @cached_property
    def _buildings(self):
        known = self.objects.building_is_known
        millimetres = self.water.building_depths
        is_theirs = self.water.manifest["city"]["version"] == self.objects.city.version
        if millimetres is None or millimetres.shape[1] != known.size or not is_theirs:
            # another version of the city: its rows are not ours, its cells are
            return self._read_frames(["buildings"])["buildings"]
        depth = np.asarray(millimetres, np.float32) / 1000.0
        depth[:, ~known] = np.nan
        return depth

    @cached_property
    def _series(self):
        return self._read_frames([name for name in LAYERS if self.objects.layer(name) is not None])

    def _read_frames(self, layers):
        cells = {name: self.objects.cells(name) for name in layers}
        rows = {name: [] for name in layers}
        for step in range(len(self.water.times)):
            depth = self.water.depth(step)
            for name in layers:
                rows[name].append(cells[name].deepest(depth))
        return {name: np.stack(rows[name]) for name in layers}
