"""Measures over the plane: depths against an exact solution, its order, speeds and energy."""

import numpy as np

from benchmarks.drawings import Map, Orders, Profile, Series
from benchmarks.exact import FIELDS
from twin.errors import InputError


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
    return np.nanmax(outcome.maxima["max_speed"].values), [depth_map(outcome)]


def energy_growth(check, outcome, rerun):
    """Largest gain of energy over what there was at the start, as a share of it."""
    del check, rerun
    share = outcome.energy / outcome.energy[0]
    drawing = Series("Energy, share of that at the start", outcome.seconds, share)
    return share.max() - 1, [drawing]


def exact_of(check, solutions):
    """Exact solution that a check names.

    Raises
    ------
    InputError
        It names none of these.
    """
    if check.exact not in solutions:
        raise InputError(
            f"{check.measure} needs `exact`, expected one of {', '.join(sorted(solutions))}; add it"
        )
    return solutions[check.exact]


def depth_map(outcome, depth=None, seconds=None):
    """Map of the depth at some time, or of the largest one, with the gauges."""
    title = "Largest depth" if depth is None else f"Depth after {seconds:g} s"
    depth = outcome.maxima["max_depth"].values if depth is None else depth
    places = {gauge.name: (gauge.row, gauge.column) for gauge in outcome.case.gauges}
    x, y, size = outcome.grid.x, outcome.grid.y, outcome.grid.cell_size / 2
    extent = (x[0] - size, x[-1] + size, y[-1] - size, y[0] + size)
    points = {name: (float(x[column]), float(y[row])) for name, (row, column) in places.items()}
    return Map(title, depth, outcome.ground, extent, points)


def _difference(check, outcome):
    """Computed less exact depth and the exact depth where it counts, with drawings."""
    depth, speed, seconds = outcome.field_at(check.at)
    x, y = np.meshgrid(outcome.grid.x, outcome.grid.y)
    given = dict(check.with_)
    if check.exact == "lake":
        given["ground"] = outcome.ground
    water = exact_of(check, FIELDS)(x, y, seconds, **given)
    counts = np.isfinite(depth)
    if check.region is not None:
        west, south, east, north = check.region
        counts &= (x >= west) & (x <= east) & (y >= south) & (y <= north)
    wrong = np.asarray(depth, float) - water.depth
    drawings = [_profile(outcome, depth, speed, water, seconds)]
    if min(depth.shape) > 0.2 * max(depth.shape):
        drawings.append(depth_map(outcome, depth, seconds))
    return wrong[counts], water.depth[counts], drawings


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
