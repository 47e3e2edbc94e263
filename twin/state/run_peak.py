"""Largest depth at one object in one run, read without the rest of the run."""

import numpy as np

from twin.state.districts import district_row
from twin.state.values import plain_number

FIELDS = ("max_depth", "max_depth_p10", "max_depth_p50", "max_depth_p90")


def run_peak(objects, found, water):
    """Largest depth at an object in a run; of a district what its table says.

    Parameters
    ----------
    objects : twin.state.city_objects.CityObjects
        Of the city.
    found : twin.state.object_classes.FoundObject
        One of them.
    water : twin.state.run_water.RunWater
        Of the run.

    Returns
    -------
    dict
        ``max_depth`` [m] (of a forecast the median), ``p10``, ``p90``, ``district`` (the row of
        the run's table) and ``reason``, which says why there is nothing; all may be None.
    """
    told = dict.fromkeys(("max_depth", "p10", "p90", "district", "reason"))
    if found.kind == "district":
        row = district_row(water, found)
        return told | {"district": row, "reason": None if row else "the run ranks no such district"}
    unlike = objects.city.grid.unlike(water.grid)
    if unlike:
        return told | {"reason": f"the run has {unlike} as this city"}
    cells = objects.cells(found.layer).of(found.row)
    if not len(cells):
        return told | {"reason": "the model has no ground at this object"}
    depth, low, median, high = (_deepest(water, name, cells) for name in FIELDS)
    largest = median if water.is_forecast and median is not None else depth
    reason = "the run says no depth here" if largest is None else None
    return told | {"max_depth": largest, "p10": low, "p90": high, "reason": reason}


def _deepest(water, name, cells):
    """Largest value of a field of the run in some cells; None where there is none."""
    if not water.has(name):
        return None
    rows, columns = np.divmod(cells, water.shape[1])
    top, left = rows.min(), columns.min()
    part = water.part(name, np.s_[top : rows.max() + 1, left : columns.max() + 1])
    values = part[rows - top, columns - left]
    return plain_number(float(np.nanmax(values))) if np.isfinite(values).any() else None
