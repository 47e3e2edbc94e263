"""Roads as a graph: joined where they meet on the same level, apart where one bridges the other."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from twin.roads.passability import FREE_SPEED, KMH, ground_cells, spans

SNAP = 0.5
"""Ends of roads closer than this are one junction [m]."""

BRIDGE, GROUND, UNDERPASS = 1, 0, -1
"""Levels of roads; an OSM ``layer`` column says more."""

FARTHEST_ROAD = 500.0
"""A place farther from any road than this has no access [m]."""

ARTERIAL = ("motorway", "main")
"""Kinds of roads that carry traffic through a city."""


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Junctions and the pieces of road between them.

    Attributes
    ----------
    junctions : numpy.ndarray
        x, y of each, shape (junction, 2) [m].
    start, end : numpy.ndarray of int
        Junctions of each piece, shape (piece,).
    road : numpy.ndarray of int
        Row of the roads layer of each piece.
    lines : numpy.ndarray of shapely LineString
        Shape of each piece.
    free_speed : numpy.ndarray
        On the dry piece [m s-1].
    level : numpy.ndarray of int
        `BRIDGE`, `GROUND`, `UNDERPASS` or other levels.
    kind : numpy.ndarray of str
        Kind of road of each piece.
    """

    junctions: np.ndarray
    start: np.ndarray
    end: np.ndarray
    road: np.ndarray
    lines: np.ndarray
    free_speed: np.ndarray
    level: np.ndarray
    kind: np.ndarray

    @cached_property
    def length(self):
        """Length of each piece [m]."""
        import shapely

        return shapely.length(self.lines)

    @cached_property
    def is_arterial(self):
        """Whether each piece belongs to an `ARTERIAL` road, bool."""
        return np.isin(self.kind, ARTERIAL)

    @cached_property
    def neighbours(self):
        """For each junction the list of (other junction, piece) that lead away from it."""
        found = [[] for _ in range(len(self.junctions))]
        ends = zip(self.start.tolist(), self.end.tolist(), strict=True)
        for piece, (start, end) in enumerate(ends):
            found[start].append((end, piece))
            found[end].append((start, piece))
        return found

    @cached_property
    def tree(self):
        """Spatial index of the pieces."""
        import shapely

        return shapely.STRtree(self.lines)

    def usable(self, vehicle):
        """Pieces that a vehicle may use at all, bool: no path for cars, no motorway on foot."""
        if vehicle.walks:
            return self.kind != "motorway"
        return self.kind != "path"

    def nearest(self, point, usable):
        """The piece nearest to a place, how far it is, and where along it one gets on.

        Parameters
        ----------
        point : shapely geometry
            In the CRS of the network.
        usable : numpy.ndarray of bool
            Pieces that count.

        Returns
        -------
        tuple of (int, float, float) or None
            Piece, distance to it [m], way along it to the nearest point [m].
        """
        import shapely

        if point is None or point.is_empty or not usable.any():
            return None
        reach = 50.0
        while True:
            near = self.tree.query(point, predicate="dwithin", distance=reach)
            near = near[usable[near]]
            if near.size:
                away = shapely.distance(self.lines[near], point)
                piece = int(near[away.argmin()])
                along = shapely.line_locate_point(self.lines[piece], _middle(point))
                return piece, float(away.min()), float(along)
            if reach > 1e7:
                return None
            reach *= 8

    def beside(self, points, usable):
        """The piece beside each point, shape (point,); -1 where none is within `FARTHEST_ROAD`."""
        import shapely

        pieces, found = np.flatnonzero(usable), np.full(len(points), -1)
        if pieces.size and len(points):
            tree = shapely.STRtree(self.lines[pieces])
            point, piece = tree.query_nearest(points, max_distance=FARTHEST_ROAD, all_matches=False)
            found[point] = pieces[piece]
        return found

    def cells(self, grid, is_open_water):
        """Cells of the ground under each piece; see `twin.roads.passability.ground_cells`."""
        return ground_cells(self.lines, self.level, grid, is_open_water)

    def spans(self, grid, is_open_water):
        """Whether each piece is a bridge; see `twin.roads.passability.spans`."""
        return spans(self.lines, self.level, grid, is_open_water)


def build_network(roads):
    """Build the graph of a roads layer.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        Lines, with ``kind`` and, where it has them, ``is_bridge``, ``is_underpass``, ``layer``
        (level of OSM) and ``speed_limit`` [km/h].

    Returns
    -------
    RoadNetwork

    Notes
    -----
    Roads are cut where they touch or cross another on their own level. Ends within `SNAP` of each
    other are one junction on every level, for a bridge must land somewhere; but where two levels
    have two ends or more each, one passes over the other and they stay apart.
    """
    import shapely

    lines, road = _plain_lines(roads)
    level = _levels(roads)[road]
    lines, piece_road, level = _cut_at_crossings(lines, road, level)
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    points = shapely.get_coordinates(ends.ravel()).reshape(-1, 2)
    junction = _join(points, np.repeat(level, 2))
    start, end = junction.reshape(-1, 2).T
    count = int(junction.max()) + 1 if junction.size else 0
    junctions = np.zeros((count, 2))
    junctions[junction] = points
    kinds = roads["kind"].astype(str).to_numpy() if "kind" in roads else None
    kind = np.full(len(lines), "street", object) if kinds is None else kinds[piece_road]
    return RoadNetwork(
        junctions, start, end, piece_road, lines, _speeds(roads, piece_road, kind), level, kind
    )


def _plain_lines(roads):
    """Single lines with the row of their road."""
    import shapely

    parts, road = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    parts = shapely.force_2d(parts)
    is_line = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    parts, road = parts[is_line], road[is_line]
    return parts, road


def _levels(roads):
    from twin.state.city_objects import flags

    level = np.full(len(roads), GROUND)
    level[flags(roads, "is_underpass")] = UNDERPASS
    level[flags(roads, "is_bridge")] = BRIDGE
    if "layer" in roads:
        import pandas as pd

        stated = pd.to_numeric(roads["layer"], errors="coerce").fillna(0).to_numpy()
        level = np.where(stated != 0, np.clip(stated, -10, 10), level).astype(int)
    return level


def _cut_at_crossings(lines, road, level):
    """Cut each line where another on its level touches it, and where a lone end meets it."""
    import shapely

    if not len(lines):
        return lines, road, level
    first, second = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=SNAP)
    keep = (first != second) & (level[first] == level[second])
    first, second = first[keep], second[keep]
    meeting = shapely.intersection(lines[first], lines[second])
    points, pair = shapely.get_parts(meeting, return_index=True)
    points, pair = _as_points(points, pair)
    cut_line, cut_at = first[pair], shapely.line_locate_point(lines[first[pair]], points)
    # a road that ends beside another, or a bridge that lands on it, without a common point
    end_line, end_at = _ends_on(lines, level)
    return _pieces(
        lines, road, level, np.concatenate([cut_line, end_line]), np.concatenate([cut_at, end_at])
    )


def _as_points(shapes, pair):
    """Points of intersections; of a shared stretch its two ends."""
    import shapely

    kinds = shapely.get_type_id(shapes)
    stretch = kinds == 1
    ends = [shapely.get_point(shapes[stretch], place) for place in (0, -1)]
    points = np.concatenate([shapes[kinds == 0], *ends])
    return points, np.concatenate([pair[kinds == 0], pair[stretch], pair[stretch]])


def _ends_on(lines, level):
    """Where ends of lines lie on the inside of other lines: (line, way along it)."""
    import shapely

    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.tile(np.arange(len(lines)), 2)
    point, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=SNAP)
    keep = owner[point] != line
    point, line = point[keep], line[keep]
    alone = np.ones(len(ends), bool)  # an end that goes on at its own level lands nowhere else
    same = level[owner[point]] == level[line]
    alone[point[same]] = False
    wanted = same | (alone[point] & (level[owner[point]] != GROUND))
    at = shapely.line_locate_point(lines[line[wanted]], ends[point[wanted]])
    return line[wanted], at


def _pieces(lines, road, level, cut_line, cut_at):
    """Cut lines at ways along them; cuts within `SNAP` of an end or of another are one."""
    import shapely

    length = shapely.length(lines)
    closed = np.flatnonzero(shapely.is_closed(lines))  # a ring has two ends only when halved
    cut_line = np.concatenate([cut_line, closed])
    cut_at = np.concatenate([cut_at, length[closed] / 2])
    inside = (cut_at > SNAP) & (cut_at < length[cut_line] - SNAP)
    cuts = {}
    for line, at in sorted(zip(cut_line[inside].tolist(), cut_at[inside].tolist(), strict=True)):
        places = cuts.setdefault(line, [])
        if not places or at - places[-1] > SNAP:
            places.append(at)
    whole = np.ones(len(lines), bool)
    whole[list(cuts)] = False
    parts, owner = [lines[whole]], [np.flatnonzero(whole)]
    for line, places in cuts.items():
        found = _substrings(lines[line], [0.0, *places, length[line]])
        parts.append(np.array(found, dtype=object))
        owner.append(np.full(len(found), line))
    parts, owner = np.concatenate(parts), np.concatenate(owner)
    return parts, road[owner], level[owner]


def _substrings(line, places):
    from shapely.ops import substring

    return [substring(line, start, stop) for start, stop in pairwise(places)]


def _join(points, level):
    """Number of the junction of each end; ends within `SNAP` are one, but for what passes over."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(points):
        return np.empty(0, int)
    pairs = cKDTree(points).query_pairs(SNAP, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(points),) * 2)
    _, place = connected_components(links, directed=False)
    # levels with two ends or more at a place run on there; only one that must land is joined
    key = place * 64 + level
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    runs_on = count[group] > 1
    levels_that_run_on = np.zeros(place.max() + 1, int)
    group_place = np.zeros(count.size, int)
    group_place[group] = place
    np.add.at(levels_that_run_on, group_place, count > 1)
    passes = (levels_that_run_on[place] > 1) & runs_on & (level != GROUND)
    _, junction = np.unique(np.where(passes, key, place * 64 + 63), return_inverse=True)
    return junction


def _speeds(roads, road, kind):
    speed = np.array([FREE_SPEED.get(name, FREE_SPEED["street"]) for name in kind])
    if "speed_limit" in roads:
        import pandas as pd

        limit = pd.to_numeric(roads["speed_limit"], errors="coerce").to_numpy(float)[road] * KMH
        speed = np.where((limit > 0) & (limit < 60.0), limit, speed)
    return speed


def _middle(shape):
    return shape if shape.geom_type == "Point" else shape.representative_point()
