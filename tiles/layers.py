"""Layers of a city as GeoJSON in longitude and latitude."""

import shapely

from tiles.mercator import LONLAT
from twin.errors import InputError

MOST_FEATURES = 20_000
_DECIMALS = 7  # about a centimetre


def layer_geojson(city, name):
    """One layer as GeoJSON (RFC 7946); the id of a feature is its row number.

    Parameters
    ----------
    city : twin.city.City
        Where the layer is.
    name : str
        Name of the layer.

    Returns
    -------
    bytes
        UTF-8.

    Raises
    ------
    MissingError
        The city has no such layer.
    InputError
        The layer is too large for one answer.
    """
    frame = city.layer(name)
    if len(frame) > MOST_FEATURES:
        raise InputError(
            f"layer {name!r} has {len(frame)} features, expected at most {MOST_FEATURES} for "
            "GeoJSON; take the vector tiles"
        )
    frame = frame.to_crs(LONLAT).reset_index(drop=True)
    frame[frame.geometry.name] = shapely.transform(
        shapely.force_2d(frame.geometry.to_numpy()), lambda points: points.round(_DECIMALS)
    )
    return frame.to_json(drop_id=False, to_wgs84=False).encode()
