"""Measures at gauges: depths and levels against references, and ponds against their sills."""

import heapq
from dataclasses import replace

import numpy as np

from benchmarks.drawings import Series
from benchmarks.field_measures import depth_map
from benchmarks.series import read_series
from twin.errors import InputError


def gauge_rmse(check, outcome, rerun):
    """Root mean square distance of the depth at a gauge from the reference series [m]."""
    del rerun
    depth = _gauge(check, outcome)
    wrong, drawing = _against_series(check, outcome, check.gauge, depth, check.column)
    return wrong, [drawing]


def gauges_rmse(check, outcome, rerun):
    """Root mean square distance of the depth over all gauges, each from its own column [m]."""
    del rerun
    found = [
        _against_series(check, outcome, name, depth, name) for name, depth in outcome.gauges.items()
    ]
    wrong, drawings = zip(*found, strict=True)
    return np.sqrt(np.mean(np.square(wrong))), [*drawings, depth_map(outcome)]


def _against_series(check, outcome, name, depth, column):
    """Root mean square distance from a column of the reference, and its drawing."""
    seconds, reference = read_series(outcome.case.folder / check.reference, column)
    is_used = (seconds >= check.skip_seconds) & (seconds <= outcome.seconds[-1])
    seconds, reference = seconds[is_used], reference[is_used]
    wrong = np.sqrt(np.mean((np.interp(seconds, outcome.seconds, depth) - reference) ** 2))
    title = f"Depth at {name}, RMSE {wrong:.4f} m"
    drawing = Series(
        title, outcome.seconds, depth, seconds, reference, unit="m", reference_name="reference"
    )
    return wrong, drawing


def level_at(check, outcome, rerun):
    """Distance of the level at a gauge from what it must be [m]."""
    del rerun
    return abs(_level(check, outcome) - check.value), [_level_drawing(check, outcome)]


def depth_at(check, outcome, rerun):
    """Depth at a gauge [m], which must stay at or below the bound."""
    del rerun
    return _at(check, outcome, _gauge(check, outcome)), [_level_drawing(check, outcome)]


def stage_rmse(check, outcome, rerun):
    """Root mean square distance of levels, the highest or those at a time, from observed ones."""
    del rerun
    gauges = [gauge for gauge in outcome.case.gauges if np.isfinite(gauge.observed)]
    depth = outcome.maxima["max_depth"].values
    depth = depth if check.at is None else outcome.field_at(check.at)[0]
    level = [(outcome.ground + depth)[gauge.row, gauge.column] for gauge in gauges]
    wrong = np.array(level) - [gauge.observed for gauge in gauges]
    return np.sqrt(np.mean(wrong**2)), [depth_map(outcome)]


def fill_order(check, outcome, rerun):
    """Number of neighbours in the list of gauges of which the later one got wet earlier."""
    del rerun
    names = check.with_.get("gauges", list(outcome.gauges))
    wet = [np.append(outcome.seconds[outcome.gauges[name] > 0.01], np.inf)[0] for name in names]
    return float((np.diff(wet) < 0).sum()), [_gauges_drawing(outcome, names), depth_map(outcome)]


def pond_at_sill(check, outcome, rerun):
    """Distance of the level at a gauge from the sill over which its hollow spills [m]."""
    del rerun
    _gauge(check, outcome)
    place = next(gauge for gauge in outcome.case.gauges if gauge.name == check.gauge)
    sill = spill_level(outcome.ground)[place.row, place.column]
    drawings = [_level_drawing(replace(check, value=sill), outcome), depth_map(outcome)]
    return abs(_level(check, outcome) - sill), drawings


def ponded(check, outcome, rerun):
    """Share of the water that stands below the sills of the ground's hollows at the end."""
    del check, rerun
    depth = np.nan_to_num(outcome.field_at(None)[0])
    room = np.maximum(spill_level(outcome.ground) - outcome.ground, 0.0)
    return np.minimum(depth, room).sum() / depth.sum(), []


def spill_level(ground):
    """Level up to which each cell can be filled before its water runs off over the edge [m].

    Parameters
    ----------
    ground : (ny, nx) array
        [m].

    Notes
    -----
    Priority flood from the edge inwards: Barnes, Lehman and Mulla (2014), Comput. Geosci. 62,
    117-127, algorithm 1; over faces, not corners.
    """
    ny, nx = ground.shape
    level = np.full(ground.shape, np.nan)
    edge = [(j, i) for j in range(ny) for i in range(nx) if j in (0, ny - 1) or i in (0, nx - 1)]
    queue = [(ground[cell], cell) for cell in edge]
    heapq.heapify(queue)
    for height, cell in queue:
        level[cell] = height
    while queue:
        height, (j, i) = heapq.heappop(queue)
        for cell in ((j - 1, i), (j + 1, i), (j, i - 1), (j, i + 1)):
            if 0 <= cell[0] < ny and 0 <= cell[1] < nx and np.isnan(level[cell]):
                level[cell] = max(height, ground[cell])
                heapq.heappush(queue, (level[cell], cell))
    return level


def _gauge(check, outcome):
    if check.gauge not in outcome.gauges:
        raise InputError(
            f"{check.measure} is of gauge {check.gauge!r}, expected one of "
            f"{', '.join(outcome.gauges) or 'the case (it has none)'}; name one"
        )
    return outcome.gauges[check.gauge]


def _at(check, outcome, series):
    at = outcome.seconds[-1] if check.at is None else check.at
    return float(np.interp(at, outcome.seconds, series))


def _gauge_ground(check, outcome):
    place = next(gauge for gauge in outcome.case.gauges if gauge.name == check.gauge)
    return outcome.ground[place.row, place.column]


def _level(check, outcome):
    depth = _at(check, outcome, _gauge(check, outcome))
    return _gauge_ground(check, outcome) + depth


def _level_drawing(check, outcome):
    level = _gauge_ground(check, outcome) + _gauge(check, outcome)
    at = outcome.seconds[-1] if check.at is None else check.at
    is_given = check.value is not None
    return Series(
        f"Level at {check.gauge}",
        outcome.seconds,
        level,
        np.array([at]) if is_given else None,
        np.array([check.value]) if is_given else None,
        unit="m",
        reference_name="expected",
    )


def _gauges_drawing(outcome, names):
    several = {name: outcome.gauges[name] for name in names}
    return Series("Depth at the gauges", outcome.seconds, several, unit="m")
