"""Rain over the city by ten minutes: what was measured, and what the members expect."""

import numpy as np

from hydrology.forecast.ensemble_statistics import QUANTILES
from hydrology.rainfall.gauges import INTERVAL
from hydrology.rainfall.provenance import MEASURED, provenance
from twin.grid import Grid

MM_H = 3.6e6
"""Millimetres an hour in a metre a second."""

_STEP = np.timedelta64(int(INTERVAL), "s")


def hyetograph(terrain, observed, methods, members, sources):
    """Rain over a city, interval by interval, so far and ahead.

    Parameters
    ----------
    terrain : xarray.Dataset
        The city: only rain over its cells counts, NaN in ``elevation`` is outside.
    observed : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] up to now, as the forecast has it.
    methods : sequence of str
        How each of its intervals was made (`hydrology.rainfall.sources`); may be empty.
    members : sequence of xarray.Dataset
        The same ahead, as each member that came through had it.
    sources : sequence of str
        Who says the rain ahead, interval by interval.

    Returns
    -------
    pandas.DataFrame
        A row for each interval, the oldest first: ``time`` and ``until`` (UTC), ``kind``
        ("measured"; "estimated" where something stood in for readings; "expected"), ``source``
        (`hydrology.rainfall.provenance`), and in mm/h ``mean_mm_h`` (mean over the city, of what
        is not ahead), ``mean_p10_mm_h``, ``mean_p50_mm_h``, ``mean_p90_mm_h`` (quantiles of the
        members' means, of what is ahead) and ``max_mm_h`` (the wettest cell of the city; ahead
        the median over the members of theirs). NaN where a column says nothing of an interval.
    """
    import pandas as pd

    shares = cells_of_city(terrain, Grid.of(observed))
    times, made = observed["time"].values, list(methods) or [""] * observed.sizes["time"]
    mean, most = _over_city(observed, shares)
    origins = [provenance(method) for method in made]
    past = {
        "time": times,
        "kind": ["measured" if origin in MEASURED else "estimated" for origin in origins],
        "source": origins,
        "mean_mm_h": mean,
        "max_mm_h": most,
    }
    each = np.array([_over_city(member, shares) for member in members])
    ahead = {"time": members[0]["time"].values, "kind": "expected", "source": list(sources)}
    for quantile, values in zip(QUANTILES, np.quantile(each[:, 0], QUANTILES, axis=0), strict=True):
        ahead[f"mean_p{round(100 * quantile)}_mm_h"] = values
    ahead["max_mm_h"] = np.median(each[:, 1], axis=0)
    rows = pd.concat((pd.DataFrame(past), pd.DataFrame(ahead)), ignore_index=True)
    rows.insert(1, "until", rows["time"] + _STEP)
    order = [name for name in rows if name != "max_mm_h"]
    numbers = rows.select_dtypes("number").columns
    return rows[[*order, "max_mm_h"]].round(dict.fromkeys(numbers, 3))


def cells_of_city(terrain, rain):
    """How many cells of a city lie in each cell of its rain, shape ``rain.shape``.

    Parameters
    ----------
    terrain : xarray.Dataset
        With ``elevation``, NaN outside of the city.
    rain : Grid
        Coarser cells that cover it.
    """
    city, inside = Grid.of(terrain), np.isfinite(terrain["elevation"].values)
    row = np.clip(((rain.y0 - city.y) // rain.cell_size).astype(int), 0, rain.ny - 1)
    column = np.clip(((city.x - rain.x0) // rain.cell_size).astype(int), 0, rain.nx - 1)
    by_row = np.stack([inside[row == index].sum(axis=0) for index in range(rain.ny)])
    return np.stack([by_row[:, column == k].sum(axis=1) for k in range(rain.nx)], axis=1)


def _over_city(rainfall, shares):
    """Mean and largest rate over the city at each time, (2, time) [mm/h]."""
    rate = MM_H * rainfall["rainfall_rate"].values.astype(float)[:, shares > 0]
    return np.stack((np.average(rate, axis=1, weights=shares[shares > 0]), rate.max(axis=1)))
