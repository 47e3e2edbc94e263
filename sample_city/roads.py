"""Roads from junction to junction, bridges and the roads behind the levees among them."""

from itertools import pairwise

import geopandas
import numpy as np
import shapely

from sample_city.names import street_names
from sample_city.plan import CRS
from sample_city.relief import natural_ground
from sample_city.river import CREST_WIDTH, LEVEE_ROAD
from sample_city.streets import KINDS, MAIN, PATH, STREET, WIDTHS
from sample_city.terrain import LEVEE_ROAD_WIDTH

_CARRIAGEWAY = 12.0  # beside a canal, on either side of it


def make_roads(plan):
    """Roads of a city.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    geopandas.GeoDataFrame
        road_id, name, name_zh, kind, width [m], is_underpass, is_bridge; one line from each
        junction to the next. Along a canal there is one line on either side.
    """
    parts = _Parts()
    column_names, row_names = street_names(plan)
    crossings = _add_columns(plan, parts, column_names)
    _add_rows(plan, parts, row_names)
    _add_levee_roads(plan, parts, crossings)
    return parts.frame(plan)


class _Parts:
    """Roads that are collected kind by kind."""

    def __init__(self):
        self.lines, self.rows = [], []

    def add(self, x, y, names, kind, width, underpass, bridge):
        """Add polylines of equal length, x and y of shape (n, points)."""
        self.lines += list(np.stack([x, y], axis=-1))
        self.rows += list(zip(names, kind, width, underpass, bridge, strict=True))

    def frame(self, plan):
        """All roads inside of the city as a table."""
        counts = [len(line) for line in self.lines]
        points = plan.absolute(*np.concatenate(self.lines).T)
        shapes = shapely.linestrings(points, indices=np.repeat(np.arange(len(counts)), counts))
        west, south = plan.absolute(0.0, 0.0)
        edge = plan.size.edge
        shapes = shapely.clip_by_rect(shapes, west, south, west + edge, south + edge)
        names, kind, width, underpass, bridge = zip(*self.rows, strict=True)
        frame = geopandas.GeoDataFrame(
            {
                "name": [latin for latin, _ in names],
                "name_zh": [chinese for _, chinese in names],
                "kind": np.asarray(KINDS, dtype=object)[np.asarray(kind)],
                "width": np.asarray(width, dtype=float),
                "is_underpass": np.asarray(underpass, dtype=bool),
                "is_bridge": np.asarray(bridge, dtype=bool),
            },
            geometry=shapes,
            crs=CRS,
        )
        frame = frame[~frame.geometry.is_empty].explode(ignore_index=True)
        frame = frame[frame.geometry.length > 1.0].reset_index(drop=True)
        frame.insert(0, "road_id", [f"R{n + 1:06d}" for n in range(len(frame))])
        return frame


def _add_columns(plan, parts, names):
    """Streets that run north; returns where they meet the levee roads."""
    streets, blocks = plan.streets, plan.blocks
    k, m = np.nonzero(blocks.column_street)
    p, south, north = (
        streets.columns.position[k],
        streets.rows.position[m],
        streets.rows.position[m + 1],
    )
    beyond_south, beyond_north = plan.behind_levee(p, south), plan.behind_levee(p, north)
    whole = (beyond_south > 0) & (beyond_north > 0)
    half = (beyond_south > 0) != (beyond_north > 0)
    spans = (streets.columns.kind[k] >= MAIN) & ~streets.columns.canal[k]
    outer = np.where(beyond_south > 0, south, north)
    inner = np.where(beyond_south > 0, north, south)
    meeting = plan.meet_levee(p, outer, inner)
    pieces = (
        (whole, south, north, False),
        (half, outer, meeting, False),
        (half & spans, meeting, inner, True),
        (~whole & ~half & spans, south, north, True),
    )
    for chosen, start, stop, is_bridge in pieces:
        _add_straight(plan, parts, names, k[chosen], m[chosen], start[chosen], stop[chosen],
                      along_column=True, is_bridge=is_bridge)  # fmt: skip
    return streets.to_ground(p[half], meeting[half])


def _add_rows(plan, parts, names):
    k, m = np.nonzero(plan.blocks.row_street)
    position = plan.streets.columns.position
    _add_straight(plan, parts, names, m, k, position[k], position[k + 1],
                  along_column=False, is_bridge=False)  # fmt: skip


def _add_straight(plan, parts, names, line, place, start, stop, along_column, is_bridge):
    """Pieces of columns or rows; beside a canal one on either side, from middle to middle."""
    streets, blocks = plan.streets, plan.blocks
    lines = streets.columns if along_column else streets.rows
    canal = (blocks.column_canal if along_column else blocks.row_canal.T)[line, place]
    under = blocks.underpass[line, place] if along_column else np.zeros(line.size, dtype=bool)
    width = np.where(canal, _CARRIAGEWAY, 2.0 * lines.half_width[line])
    for chosen, aside in ((~canal, 0.0), (canal, _CARRIAGEWAY), (canal, -_CARRIAGEWAY)):
        share = np.array([0.0, 0.12, 0.36, 0.64, 0.88, 1.0])
        bend = aside * np.array([0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
        along = start[chosen, None] + share * (stop - start)[chosen, None]
        across = lines.position[line[chosen], None] + bend
        x, y = (
            streets.to_ground(across, along) if along_column else streets.to_ground(along, across)
        )
        count = int(chosen.sum())
        parts.add(x, y, [names[n] for n in line[chosen]], lines.kind[line[chosen]],
                  width[chosen], under[chosen], [is_bridge] * count)  # fmt: skip


def _add_levee_roads(plan, parts, crossings):
    """Roads behind both levees, from crossing to crossing, and paths on the crests."""
    x, y = crossings
    north = plan.river.distance(x, y) > 0
    for sign, side, side_zh in ((1.0, "North", "北"), (-1.0, "South", "南")):
        stops = np.unique(np.concatenate([[0.0], x[north == (sign > 0)], [plan.size.edge]]))
        names = [
            (f"{side} Levee Road", f"{side_zh}堤路"),
            (f"{side} Levee Path", f"{side_zh}堤步道"),
        ]
        for start, stop in pairwise(stops):
            _add_beside_river(plan, parts, sign, start, stop, names)


def _add_beside_river(plan, parts, sign, start, stop, names):
    x = np.linspace(start, stop, max(3, int((stop - start) / 20.0)))
    centre, slope = plan.river.centre(x)
    stretch = sign * np.sqrt(1.0 + slope * slope)
    off = plan.river.corridor(x) + LEVEE_ROAD
    ground = natural_ground(plan.size, plan.seed, x, centre + off * stretch, off)
    crest = plan.river.crest_start(x) + CREST_WIDTH / 2.0
    offered = ((off, STREET, LEVEE_ROAD_WIDTH), (crest, PATH, WIDTHS[PATH]))
    for (offset, kind, width), name in zip(offered, names, strict=True):
        if ground.max() < 8.0:
            y = centre + offset * stretch
            parts.add(x[None, :], y[None, :], [name], [kind], [width], [False], [False])
