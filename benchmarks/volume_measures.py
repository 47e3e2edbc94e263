"""Measures of volumes: hydrographs against exact ones, and what the ledger cannot explain."""

import numpy as np

from benchmarks.drawings import Series
from benchmarks.exact import SERIES
from benchmarks.field_measures import exact_of


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


def mass_error(check, outcome, rerun):
    """Water that the ledger cannot explain, over all water that there was."""
    del check, rerun
    volume = Series("Water in the domain", outcome.seconds, outcome.volume, unit="m³")
    return abs(outcome.ledger["relative_error"]), [volume]


def steps(check, outcome, rerun):
    """Time steps of the run."""
    del check, rerun
    return float(outcome.steps), []


def _hydrograph(check, outcome):
    """Times, outflow and exact outflow [m3/s]: rain less what stayed, between two frames."""
    steps = np.diff(outcome.seconds)
    middle = outcome.seconds[:-1] + steps / 2
    rain = _rain_volume(outcome)
    flow = (np.diff(rain) - np.diff(outcome.volume)) / steps
    exact = exact_of(check, SERIES)(middle, **check.with_)
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
