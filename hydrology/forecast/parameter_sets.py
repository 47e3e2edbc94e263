"""Learned parameters of a city: factors on rain, roughness, losses and drains, by version."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from twin.errors import InputError
from twin.grid import Grid

FACTORS = {
    "rainfall": (0.2, 5.0),
    "roughness": (0.25, 4.0),
    "losses": (0.0, 5.0),
    "drain_capacity": (0.0, 3.0),
}
"""Name of each factor -> least and largest that is believed; 1 leaves things as the city says."""

TERRAIN_FIELDS = {
    "roughness": "manning",
    "losses": "infiltration_rate",
    "drain_capacity": "drain_capacity",
}
"""Factor -> field of the terrain that it multiplies."""

ELSEWHERE = "*"
"""Key of a factor by district for ground outside of the districts named."""

LARGEST_DOCUMENT = 4_000_000


@dataclass(frozen=True)
class ParameterSet:
    """Factors that were learned, never changed after they were made.

    Parameters
    ----------
    version : int
        0 is the city as it is; each set that was learned has the next number.
    factors : mapping
        Name in `FACTORS` -> number, or {district: number} with `ELSEWHERE` for the rest. What is
        not named is 1.
    parent : str
        Hash of the set that it was learned from; empty for version 0.
    provenance : mapping
        Events learned from and held out, scores, method: plain values that JSON carries.

    Raises
    ------
    InputError
        A name is not known, or a factor is no number in its range.
    """

    version: int
    factors: Mapping = field(default_factory=dict)
    parent: str = ""
    provenance: Mapping = field(default_factory=dict)

    def __post_init__(self):
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 0:
            raise InputError(
                f"parameter set of version {self.version!r}, expected a whole number from 0 on"
            )
        factors = {name: _checked(name, value) for name, value in dict(self.factors).items()}
        object.__setattr__(self, "factors", MappingProxyType(factors))
        # a copy by way of its document: nobody outside holds what is inside
        object.__setattr__(
            self, "provenance", MappingProxyType(json.loads(_canonical(dict(self.provenance))))
        )

    def __hash__(self):
        return hash(self.digest)

    def __reduce__(self):
        return read_parameters, (self.document,)

    @property
    def document(self):
        """The set as canonical JSON (bytes): the same set, the same bytes."""
        return (
            _canonical(
                {
                    "version": self.version,
                    "factors": {name: _plain(value) for name, value in self.factors.items()},
                    "parent": self.parent,
                    "provenance": dict(self.provenance),
                }
            )
            + "\n"
        ).encode()

    @property
    def digest(self):
        """SHA-256 of `document`."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def is_neutral(self):
        """Whether nothing is changed by it."""
        return all(number == 1.0 for value in self.factors.values() for number in _numbers(value))

    def factor(self, name, district=None):
        """One factor, that of a district where it differs between them [1]."""
        value = self.factors.get(_known(name), 1.0)
        if isinstance(value, Mapping):
            return value.get(district, value.get(ELSEWHERE, 1.0))
        return value

    def field(self, name, grid, districts=None):
        """A factor on a grid: a float where it is one number, else float32 over (y, x).

        Parameters
        ----------
        name : str
            Key of `FACTORS`.
        grid : twin.grid.Grid
            Cells.
        districts : GeoDataFrame, optional
            With ``name``, in the grid's CRS; needed where the factor differs between districts.

        Raises
        ------
        InputError
            The factor differs between districts and none are given.
        """
        value = self.factors.get(_known(name), 1.0)
        if not isinstance(value, Mapping):
            return value
        if districts is None:
            raise InputError(
                f"the factor of {name} differs between districts, expected the city's districts; "
                "give the layer `districts`"
            )
        return _burn(value, grid, districts)

    def calibrate_terrain(self, terrain, districts=None):
        """The same terrain with its roughness, losses and drains multiplied (xarray.Dataset)."""
        changed = {}
        for name, target in TERRAIN_FIELDS.items():
            if name in self.factors and target in terrain:
                factor = self.field(name, Grid.of(terrain), districts)
                changed[target] = _multiplied(terrain[target], factor)
        return terrain.assign(changed) if changed else terrain

    def calibrate_rain(self, rainfall, districts=None):
        """The same rain with its rate multiplied (xarray.Dataset)."""
        if "rainfall" not in self.factors:
            return rainfall
        factor = self.field("rainfall", Grid.of(rainfall), districts)
        rate = _multiplied(rainfall["rainfall_rate"], factor)
        return rainfall.assign(rainfall_rate=rate)


def read_parameters(document):
    """A parameter set out of its document.

    Parameters
    ----------
    document : bytes
        See `ParameterSet.document`.

    Raises
    ------
    InputError
        The document is none, or holds something else than such a set writes.
    """
    try:
        if len(document) > LARGEST_DOCUMENT:
            raise ValueError(f"{len(document)} bytes")
        values = json.loads(document)
        parameters = ParameterSet(**values)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"this is no parameter set ({str(error)[:120]}), expected version, factors, parent and "
            "provenance as JSON; restore the file"
        ) from error
    if parameters.document != bytes(document):
        raise InputError(
            f"parameter set {parameters.version} is not as it was written, expected its canonical "
            "JSON; restore the file"
        )
    return parameters


def _checked(name, value):
    """A factor as a float or a read-only mapping of floats."""
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): _number(name, one) for key, one in value.items()})
    return _number(name, value)


def _number(name, value):
    least, most = FACTORS[_known(name)]
    is_number = isinstance(value, (int, float, np.floating)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        raise InputError(
            f"factor of {name} is {value!r}, expected a number from {least:g} to {most:g}; "
            "look at what it was learned from"
        )
    return float(value)


def _known(name):
    if name not in FACTORS:
        raise InputError(f"factor {str(name)[:40]!r}, expected one of {', '.join(FACTORS)}")
    return name


def _numbers(value):
    return value.values() if isinstance(value, Mapping) else (value,)


def _plain(value):
    return dict(value) if isinstance(value, Mapping) else value


def _canonical(values):
    try:
        return json.dumps(
            values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a parameter set cannot hold this ({error}), expected numbers and words"
        ) from error


def _burn(by_district, grid, districts):
    """Factors of districts as a field over (y, x)."""
    from rasterio.features import rasterize

    elsewhere = by_district.get(ELSEWHERE, 1.0)
    shapes = [
        (shape, by_district[name])
        for shape, name in zip(districts.geometry, districts["name"].astype(str), strict=True)
        if name in by_district and shape is not None and not shape.is_empty
    ]
    if not shapes:
        return np.full(grid.shape, elsewhere, np.float32)
    return rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, fill=elsewhere, dtype="float32"
    )


def _multiplied(array, factor):
    """An array times a factor, in its own type and with its attributes."""
    return array.copy(data=(array.values * factor).astype(array.dtype))


AS_THE_CITY_SAYS = ParameterSet(0)
"""Version 0: nothing was learned."""
