"""What the ground of a case takes: the model of its table [infiltration] and its parameters."""

import numpy as np

from hydrology.cases.fields import read_field
from hydrology.solver.infiltration import Infiltration
from twin.units import MM_PER_HOUR

PER_HOUR = 1 / 3600.0
"""One an hour [s-1]."""

_MODELS = {
    "constant": (Infiltration.constant, {"rate_mm_h": MM_PER_HOUR}),
    "horton": (
        Infiltration.horton,
        {"initial_mm_h": MM_PER_HOUR, "final_mm_h": MM_PER_HOUR, "decay_per_h": PER_HOUR},
    ),
    "green-ampt": (
        Infiltration.green_ampt,
        {"conductivity_mm_h": MM_PER_HOUR, "suction_m": 1.0, "deficit": 1.0},
    ),
    "scs": (Infiltration.curve_number, {"curve_number": 1.0, "initial_ratio": 1.0}),
}
_DEFAULTS = {"initial_ratio": 0.2}


def read_infiltration(case, cells):
    """Model of infiltration of a case.

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    cells : hydrology.cases.fields.Cells
        The cells of the run.

    Returns
    -------
    Infiltration or None
        None where the case has no such table.

    Raises
    ------
    InputError, MissingError
        The model is not known, or a parameter is missing or out of range.
    """
    if "infiltration" not in case:
        return None
    table = case.table("infiltration")
    make, parameters = _MODELS[table.choice("model", tuple(_MODELS))]
    table.know("model", *parameters)
    return make(*(_values(table, key, cells) * unit for key, unit in parameters.items()))


def _values(table, key, cells):
    """One number, or that of each cell; outside of the domain the smallest inside of it."""
    values = read_field(table, key, cells, default=_DEFAULTS.get(key))
    inside = values[np.isfinite(cells.ground)]
    if (inside == inside[0]).all():
        return inside[0]
    return np.where(np.isfinite(cells.ground), values, inside.min())
