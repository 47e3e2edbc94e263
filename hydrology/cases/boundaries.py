"""What feeds or drains a case: inflows, held levels and sides where water leaves."""

from hydrology.cases.fields import read_series
from hydrology.cases.places import PLACES, read_place
from hydrology.solver.boundaries import FreeOutflow, Inflow, Stage
from hydrology.solver.ground import SIDES

_PLACE = (*PLACES, "between")


def read_boundaries(case, cells, span):
    """Boundaries of the tables [[inflow]], [[stage]] and [[free]].

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    cells : hydrology.cases.fields.Cells
        The cells of the run.
    span : hydrology.cases.fields.Span
        Its length.

    Returns
    -------
    tuple of Inflow, Stage and FreeOutflow

    Raises
    ------
    InputError, MissingError
        One of them cannot be.
    """
    return (
        *(_inflow(table, n, cells, span) for n, table in enumerate(case.tables("inflow"), 1)),
        *(_stage(table, n, cells, span) for n, table in enumerate(case.tables("stage"), 1)),
        *(_free(table) for table in case.tables("free")),
    )


def _inflow(table, number, cells, span):
    table.know("name", "discharge", "discharge_per_width", "series_seconds", *_PLACE)
    name, (rows, columns) = _name(table, f"inflow {number}"), read_place(table, cells)
    if "discharge_per_width" not in table:
        return Inflow(name, rows, columns, *read_series(table, "discharge", span))
    if "discharge" in table:
        raise table.refusal("discharge_per_width", "either discharge or discharge_per_width")
    seconds, discharge = read_series(table, "discharge_per_width", span)
    width = len(rows) * cells.grid.cell_size
    return Inflow(name, rows, columns, seconds, discharge * width)


def _stage(table, number, cells, span):
    table.know("name", "level", "series_seconds", *_PLACE)
    place = read_place(table, cells)
    return Stage(_name(table, f"stage {number}"), *place, *read_series(table, "level", span))


def _free(table):
    table.know("name", "side", "slope")
    side = table.choice("side", tuple(SIDES))
    return FreeOutflow(_name(table, f"outflow in the {side}"), side, table.number("slope"))


def _name(table, otherwise):
    return table.text("name") if "name" in table else otherwise
