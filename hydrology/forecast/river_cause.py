"""Whether a wet patch is rain that stays or a river that comes: judged by level and contact."""

import numpy as np

SURFACE_WATER, RIVER, NOT_DIAGNOSED = "surface water", "river", "not diagnosed"

WET = 0.05
"""Depth from which water connects two places [m]."""

LEVEL_TOLERANCE = 0.05
"""How far a patch may stand above the river that feeds it [m]."""


def causes(forecast, rows, columns):
    """Cause of the water at each peak.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
        With its terrain and boundaries.
    rows, columns : (n,) int arrays
        Deepest cells of the hotspots.

    Returns
    -------
    list of str
        "river" where wet ground connects the peak with a river and its water stands no higher
        than the river there gets; "surface water" where it does not, or where the model has no
        river at all; "not diagnosed" where water enters by a boundary but no permanent water
        says where the river lies.

    Notes
    -----
    A river is permanent water (`initial_depth` above zero) that reaches the edge of the city or a
    boundary; a pond is none. This is a judgement by geometry. It does not trace water, and it
    cannot tell a sewer that is full from a street that is low.
    """
    from scipy import ndimage

    terrain, dataset = forecast.terrain, forecast.dataset
    if "initial_depth" not in terrain or not (terrain["initial_depth"].values > 0).any():
        only_rain = not forecast.boundaries
        return [SURFACE_WATER if only_rain else NOT_DIAGNOSED] * len(rows)
    elevation = terrain["elevation"].values
    level = elevation + dataset["max_depth_p50"].values
    river = _rivers(terrain["initial_depth"].values > 0, elevation, forecast.boundaries)
    is_wet = river | (np.nan_to_num(dataset["max_depth_p90"].values) > WET)
    area, count = ndimage.label(is_wet, structure=np.ones((3, 3)))
    highest = np.full(count + 1, -np.inf)
    np.fmax.at(highest, area[river], level[river])
    at_peak = area[rows, columns]
    comes = (at_peak > 0) & (level[rows, columns] <= highest[at_peak] + LEVEL_TOLERANCE)
    return [RIVER if yes else SURFACE_WATER for yes in comes]


def _rivers(is_permanent, elevation, boundaries):
    """Permanent water that leaves the city or is fed by a boundary, shape (y, x)."""
    from scipy import ndimage

    area, count = ndimage.label(is_permanent, structure=np.ones((3, 3)))
    outside = np.pad(np.isnan(elevation), 1, constant_values=True)
    at_edge = ndimage.binary_dilation(outside, structure=np.ones((3, 3)))[1:-1, 1:-1]
    is_river = np.zeros(count + 1, bool)
    is_river[area[at_edge & is_permanent]] = True
    for boundary in boundaries:
        is_river[area[np.asarray(boundary.rows), np.asarray(boundary.columns)]] = True
    is_river[0] = False
    return is_river[area]
