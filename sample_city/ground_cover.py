"""Land cover and soils as polygons, drawn from a coarse look at the city."""

import geopandas
import numpy as np
from affine import Affine
from rasterio.features import shapes
from shapely.geometry import shape

from sample_city.plan import CRS
from sample_city.surfaces import COVERS, SOILS, cover_of, soil_of
from sample_city.terrain import survey

# One look for so many cells along each edge.
_COARSE = {"small": 2, "district": 5, "metro": 40}


def make_land_cover(plan):
    """Land cover: kind, Manning roughness, share sealed, one polygon a patch."""
    seen, transform, _, _ = _look(plan)
    frame = _patches(cover_of(seen), transform, [name for name, _, _ in COVERS])
    table = {name: (manning, sealed) for name, manning, sealed in COVERS}
    frame["manning"] = [table[kind][0] for kind in frame["kind"]]
    frame["imperviousness"] = [table[kind][1] for kind in frame["kind"]]
    return frame


def make_soils(plan):
    """Soils: kind and steady infiltration [m s-1], one polygon a patch."""
    seen, transform, x, y = _look(plan)
    frame = _patches(soil_of(plan, seen, x, y), transform, [name for name, _ in SOILS])
    frame["infiltration_mm_h"] = [dict(SOILS)[kind] for kind in frame["kind"]]
    return frame


def _look(plan):
    step = _COARSE[plan.size.name] * plan.size.cell_size
    count = int(np.ceil(plan.size.edge / step))
    x = (np.arange(count) + 0.5)[None, :] * step
    y = plan.size.edge - (np.arange(count) + 0.5)[:, None] * step
    transform = Affine(step, 0.0, plan.grid.x0, 0.0, -step, plan.grid.y0)
    return survey(plan, x, y), transform, x, y


def _patches(number, transform, names):
    found = list(shapes(number.astype(np.uint8), transform=transform))
    polygons = [shape(outline) for outline, _ in found]
    return geopandas.GeoDataFrame(
        {"kind": [names[int(value)] for _, value in found]}, geometry=polygons, crs=CRS
    )
