"""Who has to leave, which shelters take them in, and how many are left over."""

from dataclasses import dataclass

import numpy as np

from twin.roads.shelters import FLOODED, IN_DANGER, WINDOWS, assign, ways_to
from twin.state.run_water import QUANTILES

OPEN, WET, CUT, FULL_UNKNOWN = "open", "flooded", "cut off", "capacity unknown"
UNKNOWN = "depth unknown"
"""States of a shelter."""


@dataclass(frozen=True)
class Evacuation:
    """The plan for one moment of a run.

    Attributes
    ----------
    shelters : list of dict
        ``row`` of the places layer, ``id``, ``name``, ``capacity``, ``state``, ``depth`` (largest
        from now on) [m], ``assigned``, ``open_steps`` (bool a step of the run).
    evacuees : int
        People in buildings that will stand deeper than 0.3 m.
    assigned, left : int
        Of them: with a place in a shelter, and without.
    left_because : dict
        Reason -> people.
    groups : list of dict
        ``road`` (row), ``people``, ``assigned`` {id of shelter: people}, ``left``.
    """

    shelters: list
    evacuees: int
    assigned: int
    left: int
    left_because: dict
    groups: list


def plan_evacuation(finder, run, step):
    """Assign the people of endangered buildings to shelters that stay dry and reachable.

    Parameters
    ----------
    finder : twin.roads.routes.RouteFinder
        Network, water and vehicle.
    run : twin.state.run_objects.RunObjects
    step : int
        Of the run: when people leave.

    Returns
    -------
    Evacuation

    Notes
    -----
    A way counts the slowest speed of each of its pieces within a window from departure, and only
    where it is done within that window: it stays open until whoever took it is through. Windows
    of `WINDOWS` are tried and the quickest way taken; longer ways, and ways that end after the
    run, are not used.
    """
    objects = run.objects
    shelters = _shelters(objects, run, finder, step)
    accesses = [shelter.pop("access") for shelter in shelters]
    takes = [shelter["state"] == OPEN for shelter in shelters]
    doors = [access if use else None for access, use in zip(accesses, takes, strict=True)]
    piece, people, homeless = _groups(objects, run, finder, step)
    ways = _ways(finder, step, piece, doors)
    capacity = [s["capacity"] if s["state"] == OPEN else 0 for s in shelters]
    found = assign(people, ways, np.array(capacity, int))
    for shelter, count in zip(shelters, found.people.sum(axis=0), strict=True):
        shelter["assigned"] = int(count)
    because = {
        "no open shelter can be reached by road": int(found.left[found.unreachable].sum()),
        "the shelters that can be reached are full": int(found.left[~found.unreachable].sum()),
        "no road beside the building": homeless,
    }
    return Evacuation(
        shelters,
        int(people.sum()) + homeless,
        int(found.people.sum()),
        int(found.left.sum()) + homeless,
        {reason: count for reason, count in because.items() if count},
        _told(finder.network, shelters, piece, people, found),
    )


def _shelters(objects, run, finder, step):
    listed = []
    for layer, rows in objects.rows("shelter"):
        frame, depths = objects.layer(layer), run.series(layer)
        peak = _cautious(run, layer)
        reachable = _reachable_steps(finder, objects, layer, rows)
        for row, open_road in zip(rows.tolist(), reachable, strict=True):
            found = objects.find("shelter", f"row:{row}")
            later = _later(depths[step:, row], peak[row])
            capacity = found.attributes.get("capacity")
            known = isinstance(capacity, int | float) and capacity >= 0
            dry = depths[:, row] <= FLOODED
            listed.append(
                {
                    "row": row,
                    "id": found.id,
                    "name": found.name,
                    "name_zh": found.attributes.get("name_zh"),
                    "capacity": int(capacity) if known else None,
                    "depth": float(later) if np.isfinite(later) else None,
                    "state": _state(later, open_road[step], known),
                    "open_steps": (dry & open_road).tolist(),
                    "access": finder.access(frame.geometry.iloc[row]),
                    "assigned": 0,
                }
            )
    return listed


def _later(depths, peak):
    """Largest depth from now on [m]; NaN where one is not known: that is no dry shelter."""
    return np.fmax(depths.max(), peak) if np.isfinite(depths).all() else np.nan


def _state(depth, has_road, is_known):
    if not np.isfinite(depth):
        return UNKNOWN
    if depth > FLOODED:
        return WET
    if not has_road:
        return CUT
    return OPEN if is_known else FULL_UNKNOWN


def _cautious(run, layer):
    """P75 of the largest depth of a forecast at each row; minus infinity without an ensemble."""
    spread = run.quantiles(layer)
    if spread is None:
        return np.full(len(run.objects.layer(layer)), -np.inf)
    median, high = spread[QUANTILES.index(0.5)], spread[QUANTILES.index(0.9)]
    return median + 0.625 * np.maximum(high - median, 0.0)


def _reachable_steps(finder, objects, layer, rows):
    """Whether the road beside each shelter is passable in each step."""
    passable = finder.water.is_passable(finder.network, finder.vehicle)
    steps = []
    for row in rows:
        access = finder.access(objects.layer(layer).geometry.iloc[row])
        none = np.zeros(len(passable), bool)
        steps.append(none if access is None else passable[:, access[0]])
    return steps


def _ways(finder, step, piece, doors):
    """Way from each group to each shelter, shape (group, shelter) [s]; infinite: none."""
    water = finder.water
    speeds = water.speeds(finder.network, finder.vehicle)
    known = water.seconds[-1] - water.seconds[step]
    best = np.full((piece.size, len(doors)), np.inf)
    for window in WINDOWS:
        last = int(np.searchsorted(water.seconds[:-1], water.seconds[step] + window, side="left"))
        slowest = speeds[step : max(last, step + 1)].min(axis=0)
        times = ways_to(finder.network, slowest, doors)
        ways = _group_ways(finder.network, slowest, piece, times)
        ways[ways > min(window, known)] = np.inf
        best = np.minimum(best, ways)
    return best


def _groups(objects, run, finder, step):
    """Pieces with endangered people beside them, how many, and those beside no road."""
    buildings = objects.layer("buildings")
    if buildings is None or "occupants" not in buildings:
        return np.empty(0, int), np.empty(0, int), 0
    depth = np.fmax(run.series("buildings")[step:].max(axis=0), _cautious(run, "buildings"))
    people = np.nan_to_num(buildings["occupants"].to_numpy(float))
    rows = np.flatnonzero((np.nan_to_num(depth) > IN_DANGER) & (people > 0))
    points = buildings.geometry.iloc[rows].representative_point().to_numpy()
    piece = finder.network.beside(points, finder.usable)
    beside, group = np.unique(piece[piece >= 0], return_inverse=True)
    # whole people of each group, not of each building: shares of a census add up
    counts = np.rint(np.bincount(group, people[rows][piece >= 0], len(beside))).astype(int)
    return beside, counts, round(float(people[rows][piece < 0].sum()))


def _group_ways(network, speeds, piece, times):
    """Way from the middle of each group's piece to each shelter, shape (group, shelter) [s]."""
    if not piece.size or not len(times):
        return np.full((piece.size, len(times)), np.inf)
    with np.errstate(divide="ignore"):
        half = np.where(speeds[piece] > 0, 0.5 * network.length[piece] / speeds[piece], np.inf)
    ends = np.minimum(times[:, network.start[piece]], times[:, network.end[piece]])
    return (ends + half).T


def _told(network, shelters, piece, people, found):
    groups = []
    for number, row in enumerate(piece):
        taken = np.flatnonzero(found.people[number])
        groups.append(
            {
                "road": int(network.road[row]),
                "people": int(people[number]),
                "assigned": {shelters[j]["id"]: int(found.people[number, j]) for j in taken},
                "left": int(found.left[number]),
            }
        )
    return groups
