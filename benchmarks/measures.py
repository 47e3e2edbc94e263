"""Measures: a run and a check in, one number out, with what is to be drawn."""

import heapq
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.drawings import Map, Orders, Profile, Series
from benchmarks.exact import FIELDS, SERIES
from twin.errors import InputError, MissingError


@dataclass(frozen=True)
class Measure:
    """How a check is measured.

    Parameters
    ----------
    function : callable
        ``(check, outcome, rerun) -> (value, list of drawings)``; `rerun` runs the case again with
        some of its values changed.
    words : str
        What the number is, for the report.
    at_least : bool
        Whether the bound is the least good value instead of the largest.
    """

    function: object
    words: str
    at_least: bool = False


def depth_l1(check, outcome, rerun):
    """Mean distance of the depth from the exact one, over the mean exact depth."""
    del rerun
    wrong, exact, drawings = _difference(check, outcome)
    return np.abs(wrong).sum() / np.abs(exact).sum(), drawings


def depth_l2(check, outcome, rerun):
    """Root mean square distance of the depth from the exact one, over that of the exact depth."""
    del rerun
    wrong, exact, drawings = _difference(check, outcome)
    return np.sqrt((wrong**2).sum() / (exact**2).sum()), drawings


def depth_rmse(check, outcome, rerun):
    """Root mean square distance of the depth from the exact one where either is wet [m]."""
    del rerun
    wrong, exact, drawings = _difference(check, outcome)
    is_wet = (exact > 0) | (exact + wrong > 1e-3)
    return np.sqrt((wrong[is_wet] ** 2).mean()), drawings


def depth_worst(check, outcome, rerun):
    """Largest distance of the depth from the exact one, over the exact depth."""
    del rerun
    wrong, exact, drawings = _difference(check, outcome)
    return np.abs(wrong / exact).max(), drawings


def order(check, outcome, rerun):
    """Order of convergence of the mean distance from the exact depth, over several cell sizes."""
    errors = []
    for size in check.cell_sizes:
        is_same = abs(size - outcome.grid.cell_size) < 1e-9
        changes = {"terrain.cell_size": size, "constants.cell_size": size}
        run = outcome if is_same else rerun(changes)
        errors.append(depth_l1(check, run, rerun)[0])
    slope = np.polyfit(np.log(check.cell_sizes), np.log(errors), 1)[0]
    return slope, [Orders(check.cell_sizes, tuple(errors), float(slope))]


def max_speed(check, outcome, rerun):
    """Largest speed of the water anywhere at any time [m/s]."""
    del check, rerun
    return np.nanmax(outcome.maxima["max_speed"].values), [_map(outcome)]


def steps(check, outcome, rerun):
    """Time steps of the run."""
    del check, rerun
    return float(outcome.steps), []


def mass_error(check, outcome, rerun):
    """Water that the ledger cannot explain, over all water that there was."""
    del check, rerun
    volume = Series("Water in the domain", outcome.seconds, outcome.volume, unit="m³")
    return abs(outcome.ledger["relative_error"]), [volume]


def energy_growth(check, outcome, rerun):
    """Largest gain of energy over what there was at the start, as a share of it."""
    del check, rerun
    share = outcome.energy / outcome.energy[0]
    drawing = Series("Energy, share of that at the start", outcome.seconds, share)
    return share.max() - 1, [drawing]


def peak(check, outcome, rerun):
    """Distance of the highest discharge from that of the exact hydrograph, as a share of it."""
    del rerun
    seconds, flow, exact, drawings = _hydrograph(check, outcome)
    del seconds
    return abs(flow.max() / exact.max() - 1), drawings


def nash_sutcliffe(check, outcome, rerun):
    """Nash-Sutcliffe efficiency of the hydrograph: 1 is perfect."""
    del rerun
    _, flow, exact, drawings = _hydrograph(check, outcome)
    return 1 - ((flow - exact) ** 2).sum() / ((exact - exact.mean()) ** 2).sum(), drawings


def gauge_rmse(check, outcome, rerun):
    """Root mean square distance of the depth at a gauge from the reference series [m]."""
    del rerun
    seconds, reference = read_series(outcome.case.folder / check.reference, check.column)
    is_used = (seconds >= check.skip_seconds) & (seconds <= outcome.seconds[-1])
    seconds, reference = seconds[is_used], reference[is_used]
    depth = np.interp(seconds, outcome.seconds, _gauge(check, outcome))
    drawing = Series(
        f"Depth at {check.gauge}",
        outcome.seconds,
        outcome.gauges[check.gauge],
        seconds,
        reference,
        unit="m",
        reference_name="reference",
    )
    return np.sqrt(np.mean((depth - reference) ** 2)), [drawing]


def level_at(check, outcome, rerun):
    """Distance of the level at a gauge from what it must be [m]."""
    del rerun
    return abs(_level(check, outcome) - check.value), [_level_drawing(check, outcome)]


def depth_at(check, outcome, rerun):
    """Depth at a gauge [m], which must stay at or below the bound."""
    del rerun
    return _at(check, outcome, _gauge(check, outcome)), [_level_drawing(check, outcome)]


def stage_rmse(check, outcome, rerun):
    """Root mean square distance of levels from the observed ones [m]: the highest, or those `at`."""
    del rerun
    gauges = [gauge for gauge in outcome.case.gauges if np.isfinite(gauge.observed)]
    depth = outcome.maxima["max_depth"].values
    depth = depth if check.at is None else outcome.field_at(check.at)[0]
    level = [(outcome.ground + depth)[gauge.row, gauge.column] for gauge in gauges]
    wrong = np.array(level) - [gauge.observed for gauge in gauges]
    return np.sqrt(np.mean(wrong**2)), [_map(outcome)]


def ponded(check, outcome, rerun):
    """Share of the water that stands below the sills of the ground's hollows at the end."""
    del check, rerun
    depth = np.nan_to_num(outcome.field_at(None)[0])
    room = np.maximum(spill_level(outcome.ground) - outcome.ground, 0.0)
    return np.minimum(depth, room).sum() / depth.sum(), []


def fill_order(check, outcome, rerun):
    """Number of neighbours in the list of gauges of which the later one got wet earlier."""
    del rerun
    names = check.with_.get("gauges", list(outcome.gauges))
    wet = [np.append(outcome.seconds[outcome.gauges[name] > 0.01], np.inf)[0] for name in names]
    return float((np.diff(wet) < 0).sum()), [_gauges_drawing(outcome, names), _map(outcome)]


def difference(check, outcome, rerun):
    """Distance between two runs; the laws of `benchmarks.laws` measure it themselves."""
    del outcome, rerun
    raise InputError(f"{check.measure} is for laws, expected another measure in a case file")


def pond_at_sill(check, outcome, rerun):
    """Distance of the level at a gauge from the sill over which its hollow spills [m]."""
    del rerun
    _gauge(check, outcome)
    place = next(gauge for gauge in outcome.case.gauges if gauge.name == check.gauge)
    sill = spill_level(outcome.ground)[place.row, place.column]
    drawings = [_level_drawing(replace(check, value=sill), outcome), _map(outcome)]
    return abs(_level(check, outcome) - sill), drawings


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


MEASURES = {
    "depth_at": Measure(depth_at, "depth at the gauge [m]"),
    "depth_at_least": Measure(depth_at, "depth at the gauge [m]", at_least=True),
    "depth_l1": Measure(depth_l1, "L1 error of the depth, relative"),
    "depth_l2": Measure(depth_l2, "L2 error of the level over the depth"),
    "depth_rmse": Measure(depth_rmse, "RMSE of the depth [m]"),
    "depth_worst": Measure(depth_worst, "largest error of the depth, relative"),
    "difference": Measure(difference, "largest difference"),
    "energy_growth": Measure(energy_growth, "largest gain of energy, relative"),
    "fill_order": Measure(fill_order, "gauges out of order"),
    "gauge_rmse": Measure(gauge_rmse, "RMSE of the depth at the gauge [m]"),
    "level_at": Measure(level_at, "error of the level at the gauge [m]"),
    "mass_error": Measure(mass_error, "mass error, relative"),
    "max_speed": Measure(max_speed, "largest speed [m/s]"),
    "nash_sutcliffe": Measure(nash_sutcliffe, "Nash-Sutcliffe efficiency", at_least=True),
    "order": Measure(order, "order of convergence (L1)", at_least=True),
    "peak": Measure(peak, "error of the peak, relative"),
    "steps": Measure(steps, "time steps", at_least=True),
    "ponded": Measure(ponded, "share of the water in hollows", at_least=True),
    "pond_at_sill": Measure(pond_at_sill, "error of the pond's level against its sill [m]"),
    "stage_rmse": Measure(stage_rmse, "RMSE of the highest levels [m]"),
}
"""All measures by the names that case files use."""


def read_series(path, column):
    """Times [s] and values of a CSV or of a table with tabs, without its gaps.

    Parameters
    ----------
    path : pathlib.Path
        The file; its first column holds the times, lines before the header may begin with #.
    column : str
        Name of the column with the values.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It has no such column.
    """
    import pandas as pd

    if not path.is_file():
        raise MissingError(f"{path} is not there, expected a series; check the case file")
    separator = "\t" if path.suffix == ".txt" else ","
    frame = pd.read_csv(path, sep=separator, comment="#", skipinitialspace=True)
    if column not in frame:
        raise InputError(
            f"{path.name} has no column {column}, expected one of "
            f"{', '.join(map(str, frame.columns))[:80]}; correct the check"
        )
    rows = frame[[frame.columns[0], column]].apply(pd.to_numeric, errors="coerce").dropna()
    return rows.iloc[:, 0].to_numpy(float), rows.iloc[:, 1].to_numpy(float)


def _difference(check, outcome):
    """Computed less exact depth and the exact depth where it counts, with drawings."""
    depth, speed, seconds = outcome.field_at(check.at)
    x, y = np.meshgrid(outcome.grid.x, outcome.grid.y)
    given = dict(check.with_)
    if check.exact == "lake":
        given["ground"] = outcome.ground
    water = _exact(check, FIELDS)(x, y, seconds, **given)
    counts = np.isfinite(depth)
    if check.region is not None:
        west, south, east, north = check.region
        counts &= (x >= west) & (x <= east) & (y >= south) & (y <= north)
    wrong = np.asarray(depth, float) - water.depth
    drawings = [_profile(outcome, depth, speed, water, seconds)]
    if min(depth.shape) > 8:
        drawings.append(_map(outcome, depth, seconds))
    return wrong[counts], water.depth[counts], drawings


def _exact(check, solutions):
    if check.exact not in solutions:
        raise InputError(
            f"{check.measure} needs `exact`, expected one of {', '.join(sorted(solutions))}; add it"
        )
    return solutions[check.exact]


def _profile(outcome, depth, speed, water, seconds):
    """Cut along the middle row, or the middle column of a domain that is longer that way."""
    ny, nx = depth.shape
    is_row = nx >= ny
    cut = (ny // 2, slice(None)) if is_row else (slice(None), nx // 2)
    ground = outcome.ground[cut]
    return Profile(
        along=outcome.grid.x if is_row else outcome.grid.y,
        axis="x [m]" if is_row else "y [m]",
        ground=ground,
        level=ground + depth[cut],
        exact_level=ground + water.depth[cut],
        speed=speed[cut],
        exact_speed=np.hypot(water.east, water.north)[cut],
        seconds=seconds,
    )


def _map(outcome, depth=None, seconds=None):
    title = "Largest depth" if depth is None else f"Depth after {seconds:g} s"
    depth = outcome.maxima["max_depth"].values if depth is None else depth
    places = {gauge.name: (gauge.row, gauge.column) for gauge in outcome.case.gauges}
    x, y, size = outcome.grid.x, outcome.grid.y, outcome.grid.cell_size / 2
    extent = (x[0] - size, x[-1] + size, y[-1] - size, y[0] + size)
    points = {name: (float(x[column]), float(y[row])) for name, (row, column) in places.items()}
    return Map(title, depth, outcome.ground, extent, points)


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
    ends = outcome.seconds[[0, -1]]
    wanted = (ends, np.full(2, check.value)) if check.value is not None else (None, None)
    title = f"Level at {check.gauge}"
    return Series(title, outcome.seconds, level, *wanted, unit="m", reference_name="expected")


def _gauges_drawing(outcome, names):
    several = {name: outcome.gauges[name] for name in names}
    return Series("Depth at the gauges", outcome.seconds, several, unit="m")


def _hydrograph(check, outcome):
    """Times, outflow and exact outflow [m3/s]: rain less what stayed, between two frames."""
    steps = np.diff(outcome.seconds)
    middle = outcome.seconds[:-1] + steps / 2
    rain = _rain_volume(outcome)
    flow = (np.diff(rain) - np.diff(outcome.volume)) / steps
    exact = _exact(check, SERIES)(middle, **check.with_)
    drawing = Series(
        "Discharge out of the domain", middle, flow, middle, exact, "m³/s", reference_name="exact"
    )
    return middle, flow, exact, [drawing]


def _rain_volume(outcome):
    """Water that had rained at each frame [m3]."""
    rain = outcome.case.rainfall
    if rain is None:
        return np.zeros(len(outcome.seconds))
    area = np.isfinite(outcome.ground).sum() * outcome.grid.cell_size**2
    rates = rain["rainfall_rate"].mean(("y", "x")).values * area
    since = (rain["time"].values - rain["time"].values[0]) / np.timedelta64(1, "s")
    begins = np.append(since, np.inf)
    spent = np.clip(outcome.seconds[:, None], begins[:-1], begins[1:]) - begins[:-1]
    return spent @ rates
