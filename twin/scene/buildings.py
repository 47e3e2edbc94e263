"""Buildings of a picture: those of the 3D model, else blocks over their footprints."""

import numpy as np

from twin.model.city_model import SOLIDS, SURFACES, Geometry
from twin.model.families import families
from twin.model.triangulation import triangulate_all

MOST_BUILDINGS = 60_000
_USUAL_HEIGHT = 6.0  # metres, where a layer has none


def building_mesh(city):
    """Triangles of the buildings of a city, with the row of each in the layer `buildings`.

    Parameters
    ----------
    city : twin.city.City
        With a layer `buildings` or without.

    Returns
    -------
    tuple of numpy.ndarray
        Points (n, 3) in the reference system [m], triangles (m, 3) outward, row of the layer of
        each triangle (m,). Of more than `MOST_BUILDINGS` the largest are drawn.
    """
    if not city.has_layer("buildings"):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros(0, np.int64)
    layer = city.layer("buildings")
    drawn = np.argsort(-layer.geometry.area.to_numpy(), kind="stable")[:MOST_BUILDINGS]
    shapes, rows = _modelled(city, layer, set(drawn.tolist()))
    left = sorted(set(drawn.tolist()) - set(rows))
    for row, ground, height in zip(left, *_heights(city, layer.iloc[left]), strict=True):
        blocks = _blocks(layer.geometry.iloc[row], ground, height)
        shapes += blocks
        rows += [row] * len(blocks)
    cut = triangulate_all(shapes)
    return cut.points, cut.triangles.astype(np.int64), np.array(rows, np.int64)[cut.geometry]


def _modelled(city, layer, wanted):
    """Finest geometries of the buildings that the 3D model has, and their rows."""
    shapes, rows = [], []
    if not city.has_model:
        return shapes, rows
    row_of = {str(name): row for row, name in enumerate(layer["building_id"])}
    for family in families(city.model().objects):
        row = row_of.get(family[0].id)
        if row in wanted:
            found = [g for one in family for g in one.finest() if g.kind in SOLIDS + SURFACES]
            shapes += found
            rows += [row] * len(found)
    return shapes, rows


def _heights(city, layer):
    """Ground and height of buildings [m]; from the terrain, and a usual one, where unknown."""
    grid, elevation = city.grid, city.terrain["elevation"].values
    inside = layer.geometry.representative_point()
    rows = np.nan_to_num((grid.y0 - inside.y.to_numpy()) / grid.cell_size).astype(int)
    columns = np.nan_to_num((inside.x.to_numpy() - grid.x0) / grid.cell_size).astype(int)
    terrain = elevation[np.clip(rows, 0, grid.ny - 1), np.clip(columns, 0, grid.nx - 1)]
    ground = layer["ground"].to_numpy(float) if "ground" in layer else np.full(len(layer), np.nan)
    height = layer["height"].to_numpy(float) if "height" in layer else np.zeros(len(layer))
    ground = np.where(np.isfinite(ground), ground, np.nan_to_num(terrain))
    return ground, np.where(height > 0, height, _USUAL_HEIGHT)


def _blocks(footprint, ground, height):
    """A geometry with roof and walls for each part of a footprint."""
    import shapely

    if footprint is None or footprint.is_empty:
        return []
    parts = [p for p in shapely.get_parts(footprint) if p.geom_type == "Polygon"]
    return [
        _block(shapely.geometry.polygon.orient(part), ground, ground + height) for part in parts
    ]


def _block(polygon, low, high):
    rings = [np.asarray(ring.coords)[:-1, :2] for ring in (polygon.exterior, *polygon.interiors)]
    plan = np.concatenate(rings)
    count = len(plan)
    points = np.concatenate([np.column_stack([plan, np.full(count, z)]) for z in (low, high)])
    ends = np.cumsum([len(ring) for ring in rings])
    here = np.arange(count)
    after = here + 1
    after[ends - 1] = ends - [len(ring) for ring in rings]
    walls = np.stack([here, after, after + count, here + count], axis=1)
    ring_ends = np.concatenate([ends, count + 4 * np.arange(1, count + 1)])
    surface_ends = len(ends) + np.arange(count + 1)
    return Geometry(
        "MultiSurface",
        "1",
        points,
        np.concatenate([here + count, walls.ravel()]).astype(np.int32),
        ring_ends.astype(np.int32),
        surface_ends.astype(np.int32),
        np.array([count + 1], np.int32),
        np.zeros(0, np.int32),
    )
