"""The fastest way through rising water: no road that closes before one is out of it."""

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from twin.roads.network import FARTHEST_ROAD


@dataclass(frozen=True)
class Route:
    """A way from one place to another at a time, or why there is none.

    Parameters
    ----------
    reached : bool
        Whether there is a way.
    reason : str
        Why not; empty where there is one.
    pieces : list of tuple of (int, bool)
        Pieces in the order driven, and whether each is driven from its start to its end.
    entered, left : list of float
        When each piece is entered and left, after the start of the run [s].
    length : float
        [m].
    deepest : float
        Deepest water on the way while one is in it [m].
    line : shapely LineString or None
        In the CRS of the network.
    """

    reached: bool
    reason: str = ""
    pieces: list = field(default_factory=list)
    entered: list = field(default_factory=list)
    left: list = field(default_factory=list)
    length: float = 0.0
    deepest: float = 0.0
    line: object = None

    @property
    def seconds(self):
        """Time on the way [s]; None where there is none."""
        return self.left[-1] - self.entered[0] if self.reached and self.left else None


class RouteFinder:
    """Earliest arrivals over a network in the water of a run.

    Parameters
    ----------
    network : twin.roads.network.RoadNetwork
    water : twin.roads.water.RoadWater
        Over the pieces of the network.
    vehicle : twin.roads.passability.Vehicle
        Who drives.

    Notes
    -----
    Dijkstra's search over arrival times; within a step of the run the speed is that in the deeper
    water of both its ends, and a piece is driven through the steps it takes, so that who enters
    earlier leaves earlier (FIFO: Kaufman and Smith 1993, IVHS Journal 1, 1-11). A piece is refused
    where its speed is zero in any step before it is left, and after the end of the run, when
    nothing is known. Nobody waits on the way: a road that opens later is only
    found by a later departure.
    """

    def __init__(self, network, water, vehicle):
        self.network = network
        self.water = water
        self.vehicle = vehicle
        self._speeds = water.speeds(network, vehicle)
        self._rows = {}
        self._steps = water.seconds.tolist()
        self._lengths = network.length.tolist()
        self.usable = (
            np.ones(len(network.lines), bool) if vehicle.floats else network.usable(vehicle)
        )

    def leave(self, piece, length, start):
        """When a piece (or the part of it that is `length` long) is left; infinite if never.

        Parameters
        ----------
        piece : int
        length : float
            How much of it is driven [m].
        start : float
            When it is entered, after the start of the run [s].
        """
        if not start >= 0.0:
            return np.inf
        step = bisect_right(self._steps, start) - 1
        while step < len(self._steps) - 1:  # the last entry is the end of the last step
            speed = self._row(step)[piece]
            if not speed > 0:
                return np.inf
            until = self._steps[step + 1]
            if start + length / speed <= until:
                return start + length / speed
            length -= speed * (until - start)
            start, step = until, step + 1
        return np.inf

    def access(self, place):
        """Where a place (a point in the CRS of the network) gets on the network, or None."""
        found = self.network.nearest(place, self.usable)
        return None if found is None or found[1] > FARTHEST_ROAD else found

    def arrivals(self, access, depart):
        """Earliest arrival at each junction from a place.

        Parameters
        ----------
        access : tuple
            Of `access`.
        depart : float
            After the start of the run [s].

        Returns
        -------
        tuple of (numpy.ndarray, numpy.ndarray)
            Arrival [s], infinite where no way leads, and the piece by which one came (-1: none).
        """
        piece, _, along = access
        arrival = np.full(len(self.network.junctions), np.inf).tolist()
        came_by = [-1] * len(arrival)
        heap = []
        ends = (int(self.network.start[piece]), int(self.network.end[piece]))
        for junction, way in zip(ends, (along, self._lengths[piece] - along), strict=True):
            time = self.leave(piece, way, depart)
            if time < arrival[junction]:
                arrival[junction], came_by[junction] = time, piece
                heapq.heappush(heap, (time, junction))
        neighbours, lengths = self.network.neighbours, self._lengths
        while heap:
            time, junction = heapq.heappop(heap)
            if time > arrival[junction]:
                continue
            for other, by in neighbours[junction]:
                if arrival[other] <= time:
                    continue
                reached = self.leave(by, lengths[by], time)
                if reached < arrival[other]:
                    arrival[other], came_by[other] = reached, by
                    heapq.heappush(heap, (reached, other))
        return np.array(arrival), np.array(came_by, int)

    def route(self, origin, target, depart):
        """The fastest way between two places.

        Parameters
        ----------
        origin, target : shapely Point
            In the CRS of the network.
        depart : float
            After the start of the run [s].

        Returns
        -------
        Route
        """
        start = self.access(origin)
        if start is None:
            return Route(False, f"no road within {FARTHEST_ROAD:g} m of the start")
        return self.route_from(start, self.arrivals(start, depart), target, depart)

    def route_from(self, start, found, target, depart):
        """The way to a target from `arrivals` that were found already; see `route`."""
        goal = self.access(target)
        if goal is None:
            return Route(False, f"no road within {FARTHEST_ROAD:g} m of the target")
        if self.water.step_at(depart) is None:
            return Route(False, "the run says nothing of that departure")
        arrival, came_by = found
        ways = self._last_ways(start, goal, arrival, depart)
        time, junction = min(ways)
        if not np.isfinite(time):
            return Route(False, self._why_not(start, goal, depart))
        pieces = [] if junction < 0 else self._back(junction, came_by, start[0])
        return self._told(start, goal, pieces, depart)

    def _last_ways(self, start, goal, arrival, depart):
        """Arrival at the target, and by which end of its piece (-1: along the piece itself)."""
        piece, _, along = goal
        ends = (int(self.network.start[piece]), int(self.network.end[piece]))
        rests = (along, self._lengths[piece] - along)
        ways = [
            (self.leave(piece, rest, arrival[junction]), junction)
            for junction, rest in zip(ends, rests, strict=True)
        ]
        if piece == start[0]:
            ways.append((self.leave(piece, abs(along - start[2]), depart), -1))
        return ways

    def _back(self, junction, came_by, first):
        """(piece, junction it leads to) from the start to a junction, in the order driven."""
        pieces = []
        while not pieces or pieces[-1][0] != first:
            piece = int(came_by[junction])
            pieces.append((piece, junction))
            start, end = int(self.network.start[piece]), int(self.network.end[piece])
            junction = start if junction == end else end
        return pieces[::-1]

    def _told(self, start, goal, pieces, depart):
        """A route with its times, depth and shape."""
        legs = self._legs(start, goal, pieces)
        entered, left, deepest, time = [], [], 0.0, depart
        for piece, begin, stop in legs:
            entered.append(time)
            time = self.leave(piece, abs(stop - begin), time)
            left.append(time)
            deepest = max(deepest, self._deepest(piece, entered[-1], time))
        return Route(
            True,
            pieces=[(piece, stop >= begin) for piece, begin, stop in legs],
            entered=entered,
            left=left,
            length=sum(abs(stop - begin) for _, begin, stop in legs),
            deepest=deepest,
            line=self._line(legs),
        )

    def _legs(self, start, goal, pieces):
        """(piece, way along it at entry, at exit) of each leg."""
        if not pieces:
            return [(start[0], start[2], goal[2])]
        legs = []
        for number, (piece, junction) in enumerate(pieces):
            to_end = int(self.network.end[piece]) == junction
            stop = self._lengths[piece] if to_end else 0.0
            begin = start[2] if number == 0 else self._lengths[piece] - stop
            legs.append((piece, begin, stop))
        last, junction = goal[0], pieces[-1][1]
        begin = 0.0 if int(self.network.start[last]) == junction else self._lengths[last]
        return [*legs, (last, begin, goal[2])]

    def _line(self, legs):
        import shapely
        from shapely.ops import substring

        points = []
        for piece, begin, stop in legs:
            part = substring(self.network.lines[piece], begin, stop)
            points.extend(shapely.get_coordinates(part).tolist())
        return shapely.LineString(points) if len(points) > 1 else None

    def _deepest(self, piece, entered, left):
        first, last = self.water.step_at(entered), self.water.step_at(left)
        last = len(self.water.times) - 1 if last is None else last
        return float(np.nanmax(self.water.deepest[first : last + 1, piece]))

    def _why_not(self, start, goal, depart):
        step = self.water.step_at(depart)
        for name, access in (("start", start), ("target", goal)):
            depth = self.water.deepest[step, access[0]]
            if not self._row(step)[access[0]] > 0:
                known = f"{depth:.2f} m deep" if np.isfinite(depth) else "of unknown depth"
                return f"the road at the {name} is {known} at departure, or its water too fast"
        return "every way is cut by water before one is through, or there is no road between"

    def _row(self, step):
        if step not in self._rows:
            self._rows[step] = self._speeds[step].tolist()
        return self._rows[step]
