"""Structures as the flat table that the kernel passes over, and the faces that they close."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hydrology.solver.exchange import (
    BREACH,
    CULVERT,
    NEVER,
    PARAMETERS,
    WEIR,
    find_levels,
    plan,
    take_back,
)
from hydrology.solver.ground import PAD
from hydrology.solver.structures import Levee
from twin.errors import InputError

TOLERANCE = 1e-3
"""How far a crest may lie below the ground, which may be float32 [m]."""


@dataclass(frozen=True, eq=False)
class LinkState:
    """What structures remember; to be saved with a run.

    Parameters
    ----------
    begun : (structures,) float64 array
        When each breach began [s], negative: not yet.
    moved : (structures,) float64 array
        Volume from first to second sides so far [m3].
    link_rates : (links,) float64 array
        Depth that each link moves from its first cell to its second in a second [m s-1].
    link_supply : (cells,) float64 array
        Rise of each linked cell by all but the links in the last visit [m s-1].
    link_pending : (links,) float64 array
        Depth that was brought without having been there, and is still to be taken back [m].
    """

    begun: np.ndarray
    moved: np.ndarray
    link_rates: np.ndarray
    link_supply: np.ndarray
    link_pending: np.ndarray

    def arrays(self):
        """All of them by name."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class StructureTable:
    """All links of all structures.

    Parameters
    ----------
    names : tuple of str
        One for each structure.
    kinds, owners : (links,) int arrays
        Kind of each link, and the structure that it belongs to.
    cells : (links, 4) int array
        Row and column of its two cells in the padded arrays.
    parameters : (links, PARAMETERS) float64 array
        See `exchange.PARAMETERS`.
    cell_area : float
        [m2].
    """

    names: tuple
    kinds: np.ndarray
    owners: np.ndarray
    cells: np.ndarray
    parameters: np.ndarray
    cell_area: float

    @cached_property
    def _linked(self):
        """Cells that are linked, each once (cells, 2), and the two of each link (links, 2)."""
        cells, place = np.unique(self.cells.reshape(-1, 2), axis=0, return_inverse=True)
        return cells, np.ascontiguousarray(place.reshape(-1, 2))

    def new_state(self):
        """What structures remember before a run."""
        links, structures = len(self.kinds), len(self.names)
        return LinkState(
            np.full(structures, NEVER), np.zeros(structures), np.zeros(links),
            np.zeros(len(self._linked[0])), np.zeros(links),
        )  # fmt: skip

    def levels(self, depth, owed, ground):
        """Water level of each linked cell above the datum of the ground [m].

        Parameters
        ----------
        depth, owed, ground : (rows, columns) array
            Padded; depth and ground in m.
        """
        found = np.zeros(len(self._linked[0]))
        find_levels(found, depth, owed, ground, self._linked[0])
        return found

    def plan(self, state, levels, ground, seconds, now):
        """Find the rates of all links for an interval, see `exchange.plan`.

        Parameters
        ----------
        state : LinkState
            Its rates and begins are updated.
        levels, ground
            As `levels` gives and takes them.
        seconds, now : float
            Length of the interval, and the time at its end [s].
        """
        cells, ends = self._linked
        rise = state.link_supply + self._gains(state.link_rates, -state.link_rates)
        rise *= seconds
        bottoms = ground[cells[:, 0], cells[:, 1]].astype(np.float64)
        plan(
            state.link_rates, levels + rise, rise, bottoms, levels, self.kinds, ends,
            self.owners, self.parameters, state.begun, self.cell_area, seconds, now,
        )  # fmt: skip

    def settle(self, state, rise, gained, depth, owed, seconds):
        """Take down what moved in an interval, and take back what was not there.

        Parameters
        ----------
        state : LinkState
            Updated.
        rise : (cells,) array
            Of the level of each linked cell in the interval [m].
        gained : (links, 2) array
            Depth that the first and the second cell of each link gained by it [m].
        depth, owed : (rows, columns) array
            Padded [m]; updated.
        seconds : float
            Length of the interval [s].
        """
        first, second = gained.T
        state.link_supply[:] = (rise - self._gains(-first, -second)) / seconds
        given = np.where(state.link_rates >= 0, -first, second)  # the side that gives is exact
        volume = np.bincount(self.owners, given, len(self.names)) * self.cell_area
        state.moved[:] += volume
        state.link_pending[:] += first + second
        take_back(state.link_pending, state.link_rates, depth, owed, *self._linked)

    def _gains(self, from_first, from_second):
        """Sum over links of what each linked cell gains."""
        cells, ends = self._linked
        gains = -np.bincount(ends[:, 0], from_first, len(cells))
        return gains - np.bincount(ends[:, 1], from_second, len(cells))


def prepare_structures(structures, ground):
    """Check structures against the city and lay them out as links.

    Parameters
    ----------
    structures : sequence of Structure
        Weirs, culverts, bridges, levees, breaches; links act in this order.
    ground : Ground
        With `grid`, `datum` and the padded `elevation` and `open_cell`.

    Returns
    -------
    StructureTable

    Raises
    ------
    InputError
        A structure lies off the grid, on a wall, on one cell alone or below the ground; its
        sides do not match; a levee's cells do not touch; two structures have one name.
    """
    names = tuple(structure.name for structure in structures)
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"structure {name!r} is given {names.count(name)} times, expected each name once; "
                "rename one"
            )
    taken = _taken_from_levees(structures)
    parts = [_links(structure, ground, taken) for structure in structures]
    return StructureTable(
        names=names,
        kinds=np.repeat([s.kind for s in structures], [len(c) for c, _ in parts]).astype(np.int64),
        owners=np.repeat(np.arange(len(parts)), [len(c) for c, _ in parts]).astype(np.int64),
        cells=np.concatenate([np.empty((0, 4), np.int64)] + [cells + PAD for cells, _ in parts]),
        parameters=np.concatenate([np.empty((0, PARAMETERS))] + [p for _, p in parts]),
        cell_area=float(ground.grid.cell_size**2),
    )


def closed_faces(structures):
    """Faces that let no water through but by their structure.

    Returns
    -------
    list of (int, int, str)
        Row and column of a cell of the city, and "west" or "north": its face on that side. Each
        face once, in order.
    """
    faces = set()
    for structure in structures:
        if structure.kind == CULVERT:
            continue
        faces.update(face for face in map(_face, _pairs(structure).tolist()) if face)
    return sorted(faces)


def inward_steps(table):
    """Step in rows and columns from each cell of a link away from the other, where they touch.

    Parameters
    ----------
    table : StructureTable
        With links of all kinds; a culvert lies below a face and does not count.

    Returns
    -------
    (2 * links, 2) int array
        First cells, then second ones; zeros where two cells do not touch.
    """
    step = table.cells[:, :2] - table.cells[:, 2:]
    step[(np.abs(step).sum(axis=1) != 1) | (table.kinds == CULVERT)] = 0
    return np.concatenate((step, -step))


def _pairs(structure):
    """Cells of a structure, row and column of the first and of the second side, shape (n, 4)."""
    given = [
        np.atleast_1d(np.asarray(cells))
        for cells in (
            structure.rows, structure.columns, structure.to_rows, structure.to_columns
        )
    ]  # fmt: skip
    if any(cells.dtype.kind not in "iu" for cells in given):
        raise InputError(
            f"{structure.label} has rows or columns that are not whole numbers, expected the cells "
            "of both sides; correct them"
        )
    try:
        pairs = np.column_stack(np.broadcast_arrays(*given)).astype(np.int64)
    except ValueError:
        raise InputError(
            f"{structure.label} has {', '.join(str(cells.size) for cells in given)} rows, columns, "
            "to_rows, to_columns, expected as many on both sides, or one; pair its cells"
        ) from None
    if not len(pairs):
        raise InputError(f"{structure.label} has no cells, expected a pair or more; place it")
    return pairs


def _face(pair):
    """Face between two cells as (row, column, side), or None where they do not touch."""
    (row, column), (to_row, to_column) = sorted((tuple(pair[:2]), tuple(pair[2:])))
    if (to_row - row, to_column - column) == (0, 1):
        return to_row, to_column, "west"
    if (to_row - row, to_column - column) == (1, 0):
        return to_row, to_column, "north"
    return None


def _taken_from_levees(structures):
    """Faces in which another structure stands, so that a levee does not."""
    return set(closed_faces([s for s in structures if not isinstance(s, Levee)]))


def _links(structure, ground, taken):
    """Cells (n, 4) and parameters (n, PARAMETERS) of the links of one structure, checked."""
    pairs = _pairs(structure)
    _check_place(structure, pairs, ground)
    faces = [_face(pair) for pair in pairs.tolist()]
    if isinstance(structure, Levee) or structure.kind == BREACH:
        _check_faces(structure, pairs, faces)
    elevation = np.asarray(ground.elevation, np.float64)
    sides = [elevation[pairs[:, k] + PAD, pairs[:, k + 1] + PAD] for k in (0, 2)]
    highest = np.maximum(*sides) + ground.datum
    parameters = structure.parameters(highest, ground.grid.cell_size)
    if structure.kind != CULVERT:
        _check_crest(structure, pairs, parameters[:, 0], highest)
    parameters[:, structure.levels] -= ground.datum
    if isinstance(structure, Levee):
        kept = np.array([face not in taken for face in faces])
        pairs, parameters = pairs[kept], parameters[kept]
    return pairs, parameters


def _check_place(structure, pairs, ground):
    ny, nx = ground.grid.shape
    outside = ((pairs < 0) | (pairs >= (ny, nx, ny, nx))).any(axis=1)
    if outside.any():
        raise InputError(
            f"{structure.label} has cells {_words(pairs[outside][0])} off the grid of {ny} x {nx}, "
            "expected both inside; move it or enlarge the terrain"
        )
    is_open = [ground.open_cell[pairs[:, k] + PAD, pairs[:, k + 1] + PAD] for k in (0, 2)]
    walled = ~(is_open[0] & is_open[1])
    if walled.any():
        raise InputError(
            f"{structure.label} has cells {_words(pairs[walled][0])}, of which one is a wall or a "
            "building, expected open ground; move it"
        )
    alone = (pairs[:, :2] == pairs[:, 2:]).all(axis=1)
    if alone.any():
        raise InputError(
            f"{structure.label} has cells {_words(pairs[alone][0])}, one and the same, expected "
            "two sides; move one"
        )


def _check_faces(structure, pairs, faces):
    """Refuse a levee whose pairs do not touch, or that has a face twice."""
    seen = set()
    for pair, face in zip(pairs, faces, strict=True):
        if face is None:
            raise InputError(
                f"{structure.label} has cells {_words(pair)}, which do not touch, expected "
                "neighbours in a row or a column; give the cells on both sides of its line"
            )
        if face in seen:
            raise InputError(
                f"{structure.label} has cells {_words(pair)} twice, expected each face once; "
                "leave one out"
            )
        seen.add(face)


def _check_crest(structure, pairs, crest, highest):
    low = crest < highest - TOLERANCE
    if low.any():
        what = "bed" if structure.kind not in (WEIR, BREACH) else "crest"
        raise InputError(
            f"{structure.label} has its {what} at {crest[low][0]:g} m, below the ground at "
            f"{highest[low][0]:g} m of cells {_words(pairs[low][0])}, expected it at the ground or "
            "above; raise it or lower the terrain"
        )


def _words(pair):
    return f"({pair[0]}, {pair[1]}) and ({pair[2]}, {pair[3]})"
