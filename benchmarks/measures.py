"""Measures by name: a run and a check in, one number out, with what is to be drawn."""

from dataclasses import dataclass

from benchmarks.field_measures import (
    depth_l1,
    depth_l2,
    depth_rmse,
    depth_worst,
    energy_growth,
    max_speed,
    order,
)
from benchmarks.gauge_measures import (
    depth_at,
    fill_order,
    gauge_rmse,
    gauges_rmse,
    level_at,
    pond_at_sill,
    ponded,
    stage_rmse,
)
from benchmarks.volume_measures import mass_error, nash_sutcliffe, peak, steps
from twin.errors import InputError


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
    needs : tuple of str
        Keys that a check of it must have.
    at_least : bool
        Whether the bound is the least good value instead of the largest.
    """

    function: object
    words: str
    needs: tuple = ()
    at_least: bool = False


def difference(check, outcome, rerun):
    """Distance between two runs; the laws of `benchmarks.laws` measure it themselves."""
    del outcome, rerun
    raise InputError(f"{check.measure} is for laws, expected another measure in a case file")


MEASURES = {
    "depth_at": Measure(depth_at, "depth at the gauge [m]", ("gauge",)),
    "depth_at_least": Measure(
        depth_at, needs=("gauge",), words="depth at the gauge [m]", at_least=True
    ),
    "depth_l1": Measure(depth_l1, "L1 error of the depth, relative", ("exact",)),
    "depth_l2": Measure(depth_l2, "L2 error of the level over the depth", ("exact",)),
    "depth_rmse": Measure(depth_rmse, "RMSE of the depth [m]", ("exact",)),
    "depth_worst": Measure(
        depth_worst, needs=("exact",), words="largest error of the depth, relative"
    ),
    "difference": Measure(difference, "largest difference"),
    "energy_growth": Measure(energy_growth, "largest gain of energy, relative"),
    "fill_order": Measure(fill_order, "gauges out of order"),
    "gauge_rmse": Measure(
        gauge_rmse,
        needs=("gauge", "reference", "column"),
        words="RMSE of the depth at the gauge [m]",
    ),
    "gauges_rmse": Measure(gauges_rmse, "RMSE of the depth over all gauges [m]", ("reference",)),
    "level_at": Measure(
        level_at, needs=("gauge", "value"), words="error of the level at the gauge [m]"
    ),
    "mass_error": Measure(mass_error, "mass error, relative"),
    "max_speed": Measure(max_speed, "largest speed [m/s]"),
    "nash_sutcliffe": Measure(
        nash_sutcliffe, needs=("exact",), words="Nash-Sutcliffe efficiency", at_least=True
    ),
    "order": Measure(
        order, needs=("exact", "cell_sizes"), words="order of convergence (L1)", at_least=True
    ),
    "peak": Measure(peak, "error of the peak, relative", ("exact",)),
    "steps": Measure(steps, "time steps", at_least=True),
    "ponded": Measure(ponded, "share of the water in hollows", at_least=True),
    "pond_at_sill": Measure(
        pond_at_sill, needs=("gauge",), words="error of the pond's level against its sill [m]"
    ),
    "stage_rmse": Measure(stage_rmse, "RMSE of the highest levels [m]"),
}
"""All measures by the names that case files use."""
