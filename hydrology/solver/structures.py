"""Weirs, culverts, bridges, levees and breaches, as people describe them.

A structure joins pairs of cells: `rows`, `columns` name the cells on its first side and
`to_rows`, `to_columns` those on its second, pair by pair; one cell on a side stands for all pairs.
Water goes either way, by the levels. The pairs share a structure evenly. A pair moves at most
what its two cells can give and take, so a large structure needs as many pairs as its width
covers cells.

Weirs, bridges, levees and breaches close the faces between those of their cells that touch, so
that water passes through the structure only. A culvert closes nothing: the ground above it, or
a levee, does. What stands in a levee (a weir, a bridge, a breach) takes the place of its faces.
"""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.exchange import BREACH, BRIDGE, CULVERT, PARAMETERS, WEIR
from twin.errors import InputError


@dataclass(frozen=True, eq=False)
class Structure:
    """What all structures have: a name and pairs of cells.

    Parameters
    ----------
    name : str
        What it is called in messages and results.
    rows, columns, to_rows, to_columns : int or (n,) int array
        Cells of the city on the first and on the second side.

    Raises
    ------
    InputError
        A number of the structure is not finite or out of range.
    """

    name: str
    rows: int | np.ndarray
    columns: int | np.ndarray
    to_rows: int | np.ndarray
    to_columns: int | np.ndarray

    def expect(self, what, values, above=None, least=None):
        """Refuse values that are not finite, not `above` a limit or not at `least` one.

        Raises
        ------
        InputError
            Names the structure, what came and what was expected.
        """
        try:
            values = np.asarray(values, np.float64)
        except (TypeError, ValueError):
            raise InputError(
                f"{self.label} has {what} {values!r}, expected numbers; correct it"
            ) from None
        right = np.isfinite(values)
        if above is not None:
            right &= values > above
        if least is not None:
            right &= values >= least
        if not right.all():
            expected = "a finite number"
            expected = f"more than {above:g}" if above is not None else expected
            expected = f"{least:g} or more" if least is not None else expected
            raise InputError(
                f"{self.label} has {what} {values[~right].flat[0]:g}, expected {expected}; "
                "correct it"
            )

    @property
    def label(self):
        """Kind and name, for messages."""
        return f"{type(self).__name__.lower()} {self.name!r}"


@dataclass(frozen=True, eq=False)
class Weir(Structure):
    """A crest over which water falls.

    Parameters
    ----------
    crest : float
        Level of the crest [m].
    width : float
        Its length across the flow, of all pairs together [m].
    coefficient : float
        Q = C L H^1.5 while it is free [m0.5 s-1].
    """

    crest: float
    width: float
    coefficient: float = 1.7

    kind = WEIR
    levels = (0,)

    def __post_init__(self):
        self.expect("crest", self.crest)
        self.expect("width", self.width, above=0)
        self.expect("coefficient", self.coefficient, above=0)

    def parameters(self, ground, cell_size):  # noqa: ARG002
        """Parameters of the links, one for each pair."""
        count = len(ground)
        return _columns(count, self.crest, self.width / count, self.coefficient)


@dataclass(frozen=True, eq=False)
class Levee(Structure):
    """A line of faces that holds water up to its crest, and is a weir above it.

    Parameters
    ----------
    crest : float or (n,) array
        Level of the crest, of all faces or of each [m].
    coefficient : float
        Of the weir [m0.5 s-1].
    face_width : float, (n,) array or None
        Length of the crest on all faces or on each [m]; None: that of the face. The faces of a
        slanting line are longer than the line.
    """

    crest: float | np.ndarray
    coefficient: float = 1.7
    face_width: float | np.ndarray | None = None

    kind = WEIR
    levels = (0,)

    def __post_init__(self):
        self.expect("crest", self.crest)
        self.expect("coefficient", self.coefficient, above=0)
        if self.face_width is not None:
            self.expect("face_width", self.face_width, above=0)

    def parameters(self, ground, cell_size):
        """Parameters of the links, one for each pair."""
        _check_faces(self, len(ground))
        width = cell_size if self.face_width is None else self.face_width
        return _columns(len(ground), self.crest, width, self.coefficient)


@dataclass(frozen=True, eq=False)
class Breach(Structure):
    """A part of a levee that opens: from its crest to a bottom, and from nothing to a width.

    Parameters
    ----------
    crest : float or (n,) array
        Level of the crest before, of all faces or of each [m].
    bottom : float
        Final level of the bottom [m]; where the ground is higher, the ground.
    width : float
        Final width, of all pairs together [m].
    duration : float
        Time from the begin to the final size [s].
    begins : float or None
        Time at which it begins [s].
    trigger : float or None
        Water level on either side at which it begins [m].
    coefficient : float
        Of the weir through it [m0.5 s-1]; 1.44 is 2.6 ft0.5 s-1, HEC-RAS's default for an earth
        dam.
    levee_coefficient : float
        Of the weir over what has not opened [m0.5 s-1].
    face_width : float, (n,) array or None
        As that of a levee.

    Notes
    -----
    Bottom and width change linearly in time, the simplest of the progressions of HEC-RAS's "user
    entered data"; the sides stand upright. What has not opened yet is overtopped as a levee.
    """

    crest: float | np.ndarray
    bottom: float
    width: float
    duration: float
    begins: float | None = None
    trigger: float | None = None
    coefficient: float = 1.44
    levee_coefficient: float = 1.7
    face_width: float | np.ndarray | None = None

    kind = BREACH
    levels = (0, 1, 6)

    def __post_init__(self):
        self.expect("crest", self.crest)
        self.expect("bottom", self.bottom)
        self.expect("width", self.width, above=0)
        self.expect("duration", self.duration, least=0)
        self.expect("coefficient", self.coefficient, above=0)
        self.expect("levee_coefficient", self.levee_coefficient, above=0)
        if self.face_width is not None:
            self.expect("face_width", self.face_width, above=0)
        if self.bottom >= np.min(self.crest):
            raise InputError(
                f"{self.label} has its bottom at {self.bottom:g} m and its crest at "
                f"{np.min(self.crest):g} m, expected a bottom below the crest; correct them"
            )
        if self.begins is None and self.trigger is None:
            raise InputError(
                f"{self.label} has neither begins nor trigger, expected a time or a level; give one"
            )
        if self.begins is not None:
            self.expect("begins", self.begins, least=0)
        if self.trigger is not None:
            self.expect("trigger", self.trigger)

    def parameters(self, ground, cell_size):
        """Parameters of the links, one for each pair."""
        count = len(ground)
        _check_faces(self, count)
        faces = cell_size if self.face_width is None else self.face_width
        faces = np.broadcast_to(np.asarray(faces, float), count)
        length = float(faces.sum())
        if self.width > length * (1 + 1e-9):
            raise InputError(
                f"{self.label} opens to {self.width:g} m on {count} faces of {length:g} m, "
                "expected at most their length; give it more faces"
            )
        if self.trigger is not None and self.trigger <= ground.max():
            raise InputError(
                f"{self.label} has its trigger at {self.trigger:g} m, below the ground at "
                f"{ground.max():g} m, expected a level that water has to rise to; correct it"
            )
        begins = np.inf if self.begins is None else self.begins
        trigger = np.inf if self.trigger is None else self.trigger
        bottom = np.minimum(np.maximum(self.bottom, ground), self.crest)
        return _columns(
            count, self.crest, bottom, self.width * faces / length, self.coefficient,
            self.duration, begins, trigger, faces, self.levee_coefficient,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Culvert(Structure):
    """A box (`width`, `height`) or a pipe (`diameter`) through an embankment.

    Parameters
    ----------
    inlet_invert, outlet_invert : float
        Level of the barrel's floor on the first and on the second side [m].
    length : float
        [m].
    width, height, diameter : float or None
        Of the barrel [m].
    manning : float
        [s m-1/3].
    entrance_loss, exit_loss : float
        In velocity heads [1].
    one_way : bool
        Whether a flap gate lets water to the second side only.
    """

    inlet_invert: float
    outlet_invert: float
    length: float
    width: float | None = None
    height: float | None = None
    diameter: float | None = None
    manning: float = 0.013
    entrance_loss: float = 0.5
    exit_loss: float = 1.0
    one_way: bool = False

    kind = CULVERT
    levels = (0, 1)

    def __post_init__(self):
        is_box = self.width is not None and self.height is not None and self.diameter is None
        is_pipe = self.width is None and self.height is None and self.diameter is not None
        if not (is_box or is_pipe):
            raise InputError(
                f"{self.label} has width {self.width}, height {self.height}, diameter "
                f"{self.diameter}, expected width and height, or a diameter; give one shape"
            )
        for what in ("inlet_invert", "outlet_invert"):
            self.expect(what, getattr(self, what))
        for what in ("width", "height") if is_box else ("diameter",):
            self.expect(what, getattr(self, what), above=0)
        for what in ("length", "manning", "exit_loss"):
            self.expect(what, getattr(self, what), above=0)
        self.expect("entrance_loss", self.entrance_loss, least=0)

    def parameters(self, ground, cell_size):  # noqa: ARG002
        """Parameters of the links, one for each pair."""
        count = len(ground)
        width, height = (0.0, self.diameter) if self.width is None else (self.width, self.height)
        losses = self.entrance_loss + self.exit_loss
        return _columns(
            count, self.inlet_invert, self.outlet_invert, width, height, self.length,
            self.manning, losses, 1 / count, float(self.one_way),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Bridge(Structure):
    """An opening under a deck: open, a sluice when the water reaches the soffit, then a weir too.

    Parameters
    ----------
    bed, soffit, deck : float
        Levels of the floor of the opening, of its roof, and of the crest over which water goes
        when it rises higher [m].
    width : float
        Of the opening and of the deck, of all pairs together [m].
    """

    bed: float
    soffit: float
    deck: float
    width: float

    kind = BRIDGE
    levels = (0, 1, 2)

    def __post_init__(self):
        for what in ("bed", "soffit", "deck"):
            self.expect(what, getattr(self, what))
        self.expect("width", self.width, above=0)
        if not self.bed < self.soffit <= self.deck:
            raise InputError(
                f"{self.label} has bed, soffit and deck at {self.bed:g}, {self.soffit:g} and "
                f"{self.deck:g} m, expected them to rise in this order; correct them"
            )

    def parameters(self, ground, cell_size):  # noqa: ARG002
        """Parameters of the links, one for each pair."""
        count = len(ground)
        return _columns(count, self.bed, self.soffit, self.deck, self.width / count)


def _check_faces(structure, count):
    """Refuse crests or widths that are neither one for all faces nor one for each."""
    for what, values in (("crest", structure.crest), ("face_width", structure.face_width)):
        if np.size(values) not in (1, count):
            raise InputError(
                f"{structure.label} has {np.size(values)} values of {what} for {count} faces, "
                f"expected one, or one for each face; correct {what}"
            )


def _columns(count, *values):
    """Parameters of `count` links, one column for each value, zeros after them."""
    table = np.zeros((count, PARAMETERS))
    for column, value in enumerate(values):
        table[:, column] = value
    return table
