"""Structures of a case: walls, levees and their breaches, weirs, bridges and culverts."""

import numpy as np

from hydrology.case_places import cell_of_point
from hydrology.solver.face_lines import faces_on_line
from hydrology.solver.ground import WALL
from hydrology.solver.structures import Breach, Bridge, Culvert, Levee, Weir

TABLES = ("wall", "levee", "weir", "bridge", "culvert")
"""Names of the tables, in the order in which their structures are given to the solver."""


def read_structures(case, cells):
    """Structures of the tables [[wall]], [[levee]], [[weir]], [[bridge]] and [[culvert]].

    Parameters
    ----------
    case : hydrology.case_tables.Table
        The whole file.
    cells : hydrology.case_fields.Cells
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
    """A levee with one crest, or one for each point of its line, and where it may breach."""
    table.know("name", "line", "crest", "coefficient", "breach")
    pairs = _open_faces(table, cells)
    crest = _crest(table, pairs, cells.grid)
    levee = Levee(name, *pairs, crest=crest, **_numbers(table, "coefficient"))
    return [levee, *(_breach(part, levee, cells.grid) for part in table.tables("breach"))]


def _crest(table, pairs, grid):
    """Level of the crest, or of each face between the levels at the points of the line [m]."""
    if not isinstance(table.values.get("crest"), list):
        return table.number("crest")
    line = table.points("line")
    levels = table.numbers("crest", len(line))
    legs = np.hypot(*np.diff(line, axis=0).T)
    starts = np.append(0.0, np.cumsum(legs))
    nearest, crest = np.full(len(pairs[0]), np.inf), np.zeros(len(pairs[0]))
    for number, leg in enumerate(legs):  # each face takes the level of the nearest leg
        way = line[number + 1] - line[number]
        offset = _middles(pairs, grid) - line[number]
        share = np.clip(offset @ way / leg**2, 0, 1)
        distance = np.hypot(*(offset - share[:, None] * way).T)
        level = np.interp(starts[number] + share * leg, starts, levels)
        crest = np.where(distance < nearest, level, crest)
        nearest = np.minimum(nearest, distance)
    return crest


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
    count = int(np.ceil(width / grid.cell_size - 1e-9))
    if distance.min() > 2 * grid.cell_size or count > len(distance):
        raise table.refusal("point", f"a point on {levee.label}, which has {len(distance)} faces")
    faces = np.sort(np.argsort(distance, kind="stable")[:count])
    return Breach(
        f"{levee.name} breach",
        *(side[faces] for side in pairs),
        crest=float(np.min(np.broadcast_to(levee.crest, distance.shape)[faces])),
        bottom=table.number("bottom"),
        width=width,
        duration=table.number("duration"),
        **_numbers(table, "begins", "trigger", "coefficient"),
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
