"""Structures of a case: walls, levees and their breaches, weirs, bridges and culverts."""

import numpy as np

from hydrology.cases.places import cell_of_point
from hydrology.solver.face_lines import faces_on_line
from hydrology.solver.ground import WALL
from hydrology.solver.structures import Breach, Bridge, Culvert, Levee, Weir

TABLES = ("wall", "levee", "weir", "bridge", "culvert")
"""Names of the tables, in the order in which their structures are given to the solver."""


def read_structures(case, cells):
    """Structures of the tables [[wall]], [[levee]], [[weir]], [[bridge]] and [[culvert]].

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    cells : hydrology.cases.fields.Cells
        The cells of the run.

    Returns
    -------
    tuple of hydrology.solver.structures.Structure
        A wall is a levee as high as those around the domain.

    Raises
    ------
    InputError
        One of them cannot be.
    """
    read = dict(zip(TABLES, (_wall, _levee, _weir, _bridge, _culvert), strict=True))
    found = []
    for kind in TABLES:
        for number, table in enumerate(case.tables(kind), 1):
            name = table.text("name") if "name" in table else f"{kind} {number}"
            found += read[kind](table, name, cells)
    return tuple(found)


def _wall(table, name, cells):
    table.know("name", "line")
    return [Levee(name, *_open_faces(table, cells), crest=WALL)]


def _faces(table, grid):
    """Pairs of cells on both sides of the line of a table."""
    line = table.points("line")
    west, south, east, north = grid.bounds
    x, y = line.T
    if not ((x >= west) & (x <= east) & (y >= south) & (y <= north)).all():
        raise table.refusal("line", f"points in the grid {tuple(round(b) for b in grid.bounds)}")
    return faces_on_line(grid, line)


def _open_faces(table, cells):
    """Those faces of a line that water could pass: buildings on the line close themselves."""
    rows, columns, to_rows, to_columns = pairs = _faces(table, cells.grid)
    kept = cells.is_open[rows, columns] & cells.is_open[to_rows, to_columns]
    if not kept.any():
        raise table.refusal("line", "a line with open ground on both sides")
    return tuple(side[kept] for side in pairs)


def _levee(table, name, cells):
    """A levee with one crest, one for each point of its line or a height; where it may breach."""
    table.know("name", "line", "crest", "height", "coefficient", "breach")
    pairs = _open_faces(table, cells)
    legs = _legs(table.points("line"), pairs, cells.grid)
    levee = Levee(
        name,
        *pairs,
        crest=_crest(table, pairs, cells.ground, *legs),
        face_width=_face_width(table.points("line"), legs[0], cells.grid),
        **_numbers(table, "coefficient"),
    )
    return [levee, *(_breach(part, levee, cells.grid) for part in table.tables("breach"))]


def _crest(table, pairs, ground, number, share):
    """Level of the crest, of each face by the points of the line or above its higher cell [m]."""
    if "height" in table:
        if "crest" in table:
            raise table.refusal("height", "either crest or height")
        rows, columns, to_rows, to_columns = pairs
        higher = np.maximum(ground[rows, columns], ground[to_rows, to_columns])
        return higher + table.number("height", least=0.0)
    if not isinstance(table.values.get("crest"), list):
        return table.number("crest")
    levels = np.array(table.numbers("crest", len(table.points("line"))))
    return (1 - share) * levels[number] + share * levels[number + 1]


def _legs(line, pairs, grid):
    """Nearest leg of a line to each face, and the share of it at which the face lies."""
    nearest = np.full(len(pairs[0]), np.inf)
    number, share = np.zeros(len(nearest), int), np.zeros(len(nearest))
    for leg, (start, way) in enumerate(zip(line, np.diff(line, axis=0), strict=False)):
        offset = _middles(pairs, grid) - start
        along = np.clip(offset @ way / max(way @ way, 1e-12), 0, 1)
        distance = np.hypot(*(offset - along[:, None] * way).T)
        is_nearer = distance < nearest
        number[is_nearer], share[is_nearer] = leg, along[is_nearer]
        nearest = np.minimum(nearest, distance)
    return number, share


def _face_width(line, number, grid):
    """Length of the line that each face stands for [m]: faces make stairs of a slanting leg."""
    corners = np.rint((line - [grid.x0, grid.y0]) / grid.cell_size)
    rows_columns = np.abs(np.diff(corners, axis=0))
    stairs = np.maximum(rows_columns.sum(axis=1), 1)
    return grid.cell_size * (np.hypot(*rows_columns.T) / stairs)[number]


def _middles(pairs, grid):
    """Middle of each face, shape (n, 2) [m]."""
    rows, columns, to_rows, to_columns = pairs
    x, y = grid.x[columns] + grid.x[to_columns], grid.y[rows] + grid.y[to_rows]
    return np.column_stack((x, y)) / 2


def _breach(table, levee, grid):
    """The faces of a levee around a point, as many as the breach will be wide."""
    table.know("point", "width", "bottom", "duration", "begins", "trigger", "coefficient")
    width = table.number("width", 0)
    point = table.point("point")
    cell_of_point(grid, point, f"the breach of {levee.label}")
    pairs = levee.rows, levee.columns, levee.to_rows, levee.to_columns
    distance = np.hypot(*(_middles(pairs, grid) - point).T)
    order = np.argsort(distance, kind="stable")
    reach = np.cumsum(levee.face_width[order])
    count = int(np.searchsorted(reach, width * (1 - 1e-9))) + 1
    if distance.min() > 2 * grid.cell_size or count > len(distance):
        raise table.refusal("point", f"a point on {levee.label}, which has {len(distance)} faces")
    faces = np.sort(order[:count])
    return Breach(
        f"{levee.name} breach",
        *(side[faces] for side in pairs),
        crest=np.broadcast_to(levee.crest, distance.shape)[faces],
        bottom=table.number("bottom"),
        width=width,
        duration=table.number("duration"),
        **_numbers(table, "begins", "trigger", "coefficient"),
        levee_coefficient=levee.coefficient,
        face_width=levee.face_width[faces],
    )


def _weir(table, name, cells):
    table.know("name", "line", "crest", "width", "coefficient")
    pairs, width = _opening(table, cells.grid)
    crest = table.number("crest")
    return [Weir(name, *pairs, crest=crest, width=width, **_numbers(table, "coefficient"))]


def _bridge(table, name, cells):
    table.know("name", "line", "bed", "soffit", "deck", "width")
    pairs, width = _opening(table, cells.grid)
    levels = {key: table.number(key) for key in ("bed", "soffit", "deck")}
    return [Bridge(name, *pairs, width=width, **levels)]


def _opening(table, grid):
    """Pairs of cells on both sides of a line, and the width: by default the line's length [m]."""
    length = float(np.hypot(*np.diff(table.points("line"), axis=0).T).sum())
    return _faces(table, grid), table.number("width", default=length)


def _culvert(table, name, cells):
    """A barrel from one cell to another; its floor lies on their ground unless it is given."""
    shape, losses = ("width", "height", "diameter"), ("manning", "entrance_loss", "exit_loss")
    inverts = "inlet_invert", "outlet_invert"
    table.know("name", "from", "to", "length", *inverts, *shape, *losses, "one_way")
    ends = [table.point(key) for key in ("from", "to")]
    first, second = (cell_of_point(cells.grid, end, f"culvert {name}") for end in ends)
    for key, cell in (("from", first), ("to", second)):
        if not cells.is_open[cell]:
            raise table.refusal(key, "a point on open ground")
    if first == second:
        raise table.refusal("to", "a point in another cell than from")
    distance = float(np.hypot(*(ends[1] - ends[0])))
    levels = {
        key: table.number(key, default=float(cells.ground[cell]))
        for key, cell in zip(inverts, (first, second), strict=True)
    }
    if "one_way" in table:
        levels["one_way"] = table.truth("one_way")
    length = table.number("length", default=distance)
    return [
        Culvert(name, *first, *second, length=length, **levels, **_numbers(table, *shape, *losses))
    ]


def _numbers(table, *keys):
    """Those of some numbers that a table has, by name."""
    return {key: table.number(key) for key in keys if key in table}
