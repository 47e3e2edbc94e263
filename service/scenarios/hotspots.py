"""Places that flood in one of two runs and not in the other."""

import numpy as np

from service.scenarios.pairs import pair

DEEP = 0.3
"""Depth that makes a hotspot [m], as in forecasts."""

SEPARATION, SMALLEST_AREA, MOST = 150.0, 100.0, 50
RIM_CELLS = 3
NOTICED = 0.02
"""Change by which a place must move to be gained or lost [m]."""


def hotspot_changes(base, other, ground):
    """Hotspots that a scenario brings, takes away and keeps.

    Parameters
    ----------
    base, other : service.scenarios.compare.Side
        Baseline and scenario.
    ground : numpy.ndarray of bool
        Cells that may flood, shape (y, x).

    Returns
    -------
    dict of str to list of dict
        ``gained``, ``lost``, ``kept``: ``place``, ``district``, ``lon``, ``lat`` and the depth
        at the deepest cell before and after [m], those that change most first.

    Notes
    -----
    A hotspot is a patch of connected ground deeper than 0.3 m, as in `hydrology.forecast.hotspots`,
    of the larger of both depths, so that a place is one place in both runs. It is gained where only
    the scenario exceeds 0.3 m in it.
    """
    from scipy.ndimage import binary_erosion

    from hydrology.forecast.wet_patches import find_patches

    grid = base.city.grid
    before, after = np.nan_to_num(base.depth), np.nan_to_num(other.depth)
    open_ground = ground & binary_erosion(np.isfinite(base.depth), iterations=RIM_CELLS)
    deepest = np.fmax(before, after)
    patches = find_patches(
        deepest,
        open_ground & (deepest > DEEP),
        cell_size=grid.cell_size,
        separation=SEPARATION,
        smallest_area=SMALLEST_AREA,
    )
    rows = _rows(base.objects, patches, before, after)
    found = {"gained": [], "lost": [], "kept": []}
    for row in rows:
        found[_kind(row)].append(row)
    return {kind: sorted(group, key=_by_change)[:MOST] for kind, group in found.items()}


def _kind(row):
    was, now = row["base_m"] > DEEP, row["scenario_m"] > DEEP
    if was == now or abs(row["difference_m"]) < NOTICED:
        return "kept"
    return "gained" if now else "lost"


def _by_change(row):
    return -abs(row["difference_m"])


def _rows(objects, patches, before, after):
    """One row a patch: its name, its place, and the largest depth in it in each run."""
    import geopandas as gpd

    from hydrology.forecast.places import districts_of, name_spots

    if not patches.rows.size:
        return []
    grid = objects.city.grid
    layers = {name: objects.layer(name) for name in ("roads", "places", "flood_spots", "districts")}
    points = gpd.GeoSeries(
        gpd.points_from_xy(grid.x[patches.columns], grid.y[patches.rows]), crs=grid.crs
    )
    districts = districts_of(points, layers.pop("districts"))
    names, _ = name_spots(points, **layers)
    where = points.to_crs("EPSG:4326")
    peaks = [_peaks(patches.label, depth, len(points)) for depth in (before, after)]
    return [
        {
            "place": names[number],
            "district": districts[number],
            "lon": round(where.iloc[number].x, 6),
            "lat": round(where.iloc[number].y, 6),
            **{f"{k}_m": v for k, v in pair(float(first), float(second)).items()},
        }
        for number, (first, second) in enumerate(zip(*peaks, strict=True))
    ]


def _peaks(label, depth, count):
    """Largest depth in each patch [m]."""
    peaks = np.zeros(count + 1)
    np.maximum.at(peaks, label.ravel(), depth.ravel())
    return peaks[1:]
