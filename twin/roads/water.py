"""How deep each piece of the road network stands over a run, as cautious as one wishes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.errors import InputError
from twin.hazard import ARR_LIMITS, DRY
from twin.roads.passability import is_passable, safe_speed

CAUTIONS = {"p50": 0.5, "p75": 0.75, "p90": 0.9}
"""Percentile of the members that is taken for the depth of a forecast."""

DEFAULT_CAUTION = "p75"

_DRY = 0.02
"""A piece that stays shallower in the typical member has no course to scale [m]."""


@dataclass(frozen=True, eq=False)
class RoadWater:
    """Depth of the pieces of a network in steps.

    Attributes
    ----------
    times : numpy.ndarray of datetime64[s]
        When each step begins, UTC, shape (step,); the last holds as long as the one before it.
    depth : numpy.ndarray
        Depth of each piece at each of these times, shape (step, piece) [m]; 0 on bridges, NaN
        where it is not known.
    caution : str
        Percentile that it stands for, a key of `CAUTIONS`; ``"one run"`` without an ensemble.
    fastest, product : numpy.ndarray or None
        Largest speed [m s-1] and depth times speed [m2 s-1] of the run on each piece, shape
        (piece,); None where the run keeps no speed.
    """

    times: np.ndarray
    depth: np.ndarray
    caution: str
    fastest: np.ndarray | None = None
    product: np.ndarray | None = None

    @cached_property
    def deepest(self):
        """Depth until the next time: the larger of both ends, shape (step, piece) [m]."""
        return np.maximum(self.depth, np.concatenate([self.depth[1:], self.depth[-1:]]))

    @cached_property
    def shallowest(self):
        """The smaller of both ends, for what must float, shape (step, piece) [m]."""
        return np.minimum(self.depth, np.concatenate([self.depth[1:], self.depth[-1:]]))

    @property
    def seconds(self):
        """Start of each step after the first, and the end of the last, shape (step + 1,) [s]."""
        start = (self.times - self.times[0]).astype(float)
        last = start[-1] - start[-2] if start.size > 1 else 600.0
        return np.append(start, start[-1] + last)

    def speeds(self, network, vehicle):
        """Speed of a vehicle on each piece, shape (step, piece) [m s-1]; 0: it must not enter.

        In the worst water until the next step. Pieces whose depth nobody knows are never entered.
        """
        if vehicle.floats:  # a boat asks for water, not for the kind of road
            return np.nan_to_num(safe_speed(self.shallowest, network.free_speed, vehicle))
        speed = np.nan_to_num(safe_speed(self.deepest, network.free_speed, vehicle))
        if vehicle.walks:
            speed = np.where(self.is_swift, 0.0, speed)
        return np.where(network.usable(vehicle), speed, 0.0)

    def is_passable(self, network, vehicle):
        """Whether a vehicle gets through each piece at each time itself, shape (step, piece)."""
        usable = vehicle.floats | network.usable(vehicle)
        return is_passable(self.depth, vehicle) & usable

    @cached_property
    def is_swift(self):
        """Where water may knock people over until the next step, bool, shape (step, piece).

        Over the limits of H1 of AR&R for speed, or depth times speed; a run keeps the largest of
        both, and the speed at another time is at most the largest.
        """
        if self.fastest is None or self.product is None:
            return np.zeros(self.depth.shape, bool)
        most_product, _, most_speed = ARR_LIMITS[0]
        may_knock = (self.deepest * self.fastest > most_product) & (self.product > most_product)
        return (self.deepest > DRY) & ((self.fastest > most_speed) | may_knock)

    def by_road(self, network, count):
        """Depth of each road of the layer, its deepest piece, shape (step, road) [m]."""
        depth = np.full((len(self.times), count), np.nan, np.float32)
        np.fmax.at(depth, (slice(None), network.road), self.depth)
        return depth

    def step_at(self, seconds):
        """Number of the step that holds at a time after the start; None outside of the run."""
        if not 0 <= seconds < self.seconds[-1]:
            return None
        return int(np.searchsorted(self.seconds, seconds, side="right") - 1)


def road_water(network, run, caution=DEFAULT_CAUTION):
    """Depth of the pieces of a network in a run.

    Parameters
    ----------
    network : twin.roads.network.RoadNetwork
    run : twin.state.run_objects.RunObjects
        The run.
    caution : str
        A key of `CAUTIONS`; a single run has but one course.

    Returns
    -------
    RoadWater

    Raises
    ------
    InputError
        There is no such caution, or the run has another grid.

    Notes
    -----
    A forecast keeps the frames of its typical member and, of all members, quantiles of the largest
    depth. The course of the typical member is raised so that its peak is the quantile asked for,
    and never lowered; a piece that is dry in it but not in the quantile counts as wet all the
    time. P75 lies between P50 and P90 on a straight line over the share. Depths of different
    pieces at their own quantiles seldom come together: the whole errs to the safe side.
    """
    if caution not in CAUTIONS:
        raise InputError(f"caution is {caution[:20]!r}, expected one of {', '.join(CAUTIONS)}")
    if run.mismatch:
        raise InputError(f"{run.mismatch}; choose a run of this city")
    water, objects = run.water, run.objects
    cells = network.cells(objects.city.grid, objects.is_open_water)
    steps = range(len(water.times))
    depth = np.stack([cells.deepest(water.depth(step)) for step in steps])
    median, high = water.whole("max_depth_p50"), water.whole("max_depth_p90")
    if median is not None and high is not None and CAUTIONS[caution] > 0.5:
        median, high = cells.deepest(median), cells.deepest(high)
        share = (CAUTIONS[caution] - 0.5) / 0.4
        depth = _raised(depth, median + share * np.maximum(high - median, 0.0))
    on_bridge = network.spans(objects.city.grid, objects.is_open_water)
    depth[:, on_bridge] = 0.0
    speed, product = (water.whole(name) for name in ("max_speed", "max_hazard"))
    return RoadWater(
        water.times,
        depth,
        caution if water.is_forecast else "one run",
        fastest=None if speed is None else np.where(on_bridge, 0.0, cells.deepest(speed)),
        product=None if product is None else np.where(on_bridge, 0.0, cells.deepest(product)),
    )


def _raised(depth, peak):
    """Courses (step, piece) scaled up to a peak (piece,)."""
    own = depth.max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = depth * np.maximum(peak / own, 1.0)
    return np.where(own > _DRY, scaled, np.maximum(depth, peak))
