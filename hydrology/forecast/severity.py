"""How bad it gets in each district, by one written rule."""

import numpy as np

from hydrology.forecast.hotspots import DEEP
from twin.exposure import home_districts
from twin.grid import Grid

LEVELS = ("normal", "local", "serious", "severe")
"""Names of severity 0 to 3."""

SHARES = (0.001, 0.01, 0.05)
"""Share of a district's open ground that is expected to stand deeper than 0.3 m, from which its
severity is 1, 2, 3."""

DEADLY = 1.0
"""Depth that raises the severity by one where it is as likely as not at a place [m]."""

COLUMNS = (
    "row",
    "district",
    "severity",
    "level",
    "flooded_share",
    "flooded_area_p50_m2",
    "flooded_area_p90_m2",
    "hotspots",
    "people",
    "deepest_p50_m",
    "first_time",
)


def rank_districts(forecast, hotspots, districts):
    """Severity and extent of the flood in each district, the worst first.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
    hotspots : GeoDataFrame
        As `hydrology.forecast.hotspots.rank_hotspots` gives them.
    districts : GeoDataFrame
        ``name`` and areas in the city's CRS.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; ``row`` is that of `districts`, whose names may repeat; ``people`` is missing
        where the hotspots do not know theirs. Areas are those where the quantile of the depth
        exceeds 0.3 m. A district without ground in the model is left out.

    Notes
    -----
    The rule: the expected share of the district's ground, permanent water left out, that gets
    deeper than 0.3 m (the mean over its cells of the probability) makes severity 1 from 0.1 %, 2
    from 1 %, 3 from 5 %. A hotspot whose median exceeds 1 m raises it by one, to 3 at most. The
    numbers are choices, for a city to set; no district is compared with its own past.
    """
    import pandas as pd

    grid, dataset = Grid.of(forecast.dataset), forecast.dataset
    label = _labels(districts, grid)
    is_open = np.isfinite(dataset["max_depth_p50"].values)
    if "initial_depth" in forecast.terrain:
        is_open &= ~(forecast.terrain["initial_depth"].values > 0)
    chance = dataset["exceedance_probability"].sel(threshold=DEEP, method="nearest").values
    count = len(districts) + 1
    at = np.where(is_open, label, 0).ravel()
    ground = np.bincount(at, minlength=count)[1:]
    expected = np.bincount(at, np.nan_to_num(chance).ravel(), count)[1:]
    area = {
        name: np.bincount(at, (dataset[f"max_depth_{name}"].values > DEEP).ravel(), count)[1:]
        for name in ("p50", "p90")
    }
    home = home_districts(hotspots.to_crs(grid.crs), districts)
    rows = []
    for number, name in enumerate(districts["name"].astype(str)):
        if ground[number] == 0:
            continue
        share = expected[number] / ground[number]
        row = {"row": number, "district": name, "flooded_share": round(float(share), 5)}
        row |= _of_hotspots(hotspots[home == number])
        for quantile, cells in area.items():
            row[f"flooded_area_{quantile}_m2"] = float(cells[number]) * grid.cell_size**2
        row["severity"] = severity(share, row["deepest_p50_m"])
        rows.append(row | {"level": LEVELS[row["severity"]]})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = ["severity", "flooded_share"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def severity(share, deepest):
    """Severity of a district, 0 to 3.

    Parameters
    ----------
    share : float
        Expected share of its ground deeper than 0.3 m.
    deepest : float
        Largest median depth of its hotspots [m]; NaN without any.

    Examples
    --------
    >>> severity(0.002, 0.5), severity(0.002, 1.4), severity(0.2, 2.0)
    (1, 2, 3)
    """
    level = int(np.searchsorted(SHARES, share, side="right"))
    return min(level + (1 if deepest > DEADLY else 0), len(LEVELS) - 1)


def _of_hotspots(own):
    times = own["first_time"].dropna()
    people = own["people"].dropna()
    return {
        "hotspots": len(own),
        "people": int(people.sum()) if len(people) or not len(own) else None,
        "deepest_p50_m": float(own["depth_p50_m"].max()) if len(own) else float("nan"),
        "first_time": min(times) if len(times) else None,
    }


def _labels(districts, grid):
    """Number of the district of each cell from 1 on, 0 outside of all."""
    from rasterio.features import rasterize

    shapes = [
        (shape, number)
        for number, shape in enumerate(districts.geometry, start=1)
        if shape is not None and not shape.is_empty
    ]
    if not shapes:
        return np.zeros(grid.shape, np.int32)
    return rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="int32")
