"""Members of an ensemble -> the datasets of a forecast."""

import numpy as np
import xarray as xr

from hydrology.forecast.ensemble_statistics import (
    QUANTILES,
    THRESHOLDS,
    arrival_quantiles,
    depth_quantiles,
    most_typical,
)
from twin.fields import FIELDS, describe
from twin.grid import Grid


def map_dataset(kept, model):
    """What a map shows, and the index of the most typical member.

    Parameters
    ----------
    kept : hydrology.forecast.ensemble.Members
        At least one that came through.
    model : hydrology.forecast.ensemble.Ensemble
        What they have in common.

    Returns
    -------
    dataset : xarray.Dataset
        See `hydrology.forecast.forecast.Forecast`.
    typical : int
        Index among the members that came through.
    """
    max_depth = kept.stack_depth()
    quantiles = depth_quantiles(max_depth)
    typical = most_typical(max_depth, quantiles[QUANTILES.index(0.5)])
    fields = {
        f"max_depth_p{round(100 * quantile)}": (("y", "x"), values)
        for quantile, values in zip(QUANTILES, quantiles, strict=True)
    }
    fields["exceedance_probability"] = (
        ("threshold", "y", "x"),
        kept.exceedance[-1].probability(),
    )
    fields["max_depth"] = (("y", "x"), max_depth[typical])
    del max_depth
    for name in ("max_speed", "max_hazard", "wet_duration"):
        fields[name] = (("y", "x"), kept.fields[name][typical].unpack())
    frames = kept.frames[typical]
    fields["water_depth"] = (("time", "y", "x"), frames.unpack())
    fields["arrival_time"] = (("y", "x"), arrival_quantiles(kept.stack("arrival_time"), (0.5,))[0])
    coords = Grid.of(model.terrain).coords()
    coords |= {"time": _times(model.issue, frames.seconds), "threshold": list(THRESHOLDS)}
    attrs = _attributes(model) | {
        "water_depth_of": "the member whose largest depths lie nearest to the median",
    }
    dataset = describe(xr.Dataset(fields, coords, attrs))
    for quantile in QUANTILES:
        about = {"units": "m", "long_name": f"largest depth, quantile {quantile:g} of the members"}
        dataset[f"max_depth_p{round(100 * quantile)}"].attrs.update(about)
    dataset["threshold"].attrs["units"] = "m"
    return dataset, typical


def ensemble_dataset(kept, model, horizons):
    """What the members say by horizon, and the spread of arrival, duration and hazard.

    Parameters
    ----------
    kept, model
        As for `map_dataset`.
    horizons : sequence of float
        [h].

    Returns
    -------
    xarray.Dataset
        See `hydrology.forecast.forecast.Forecast`.
    """
    chance = np.stack([count.probability() for count in kept.exceedance])
    depth = np.stack([depth_quantiles(kept.stack_depth(n)) for n in range(len(horizons))])
    fields = {
        "exceedance_probability": (("horizon", "threshold", "y", "x"), chance),
        "max_depth": (("horizon", "quantile", "y", "x"), depth),
        "arrival_time": (("quantile", "y", "x"), arrival_quantiles(kept.stack("arrival_time"))),
        "wet_duration": (("quantile", "y", "x"), depth_quantiles(kept.stack("wet_duration"))),
        "max_hazard": (("quantile", "y", "x"), depth_quantiles(kept.stack("max_hazard"))),
    }
    coords = Grid.of(model.terrain).coords()
    coords |= {"horizon": list(horizons), "threshold": list(THRESHOLDS)}
    coords["quantile"] = list(QUANTILES)
    dataset = describe(xr.Dataset(fields, coords, _attributes(model)))
    dataset["horizon"].attrs = {"units": "h", "long_name": "time ahead of the issue time"}
    dataset["threshold"].attrs["units"] = "m"
    return dataset


def point_dataset(kept, issue, about):
    """Depth of every member at sensors and known spots.

    Parameters
    ----------
    kept : hydrology.forecast.ensemble.Members
    issue : numpy.datetime64
        UTC.
    about : dict
        ``point``, ``kind``, ``x``, ``y`` of each point.

    Returns
    -------
    xarray.Dataset
        ``water_depth`` (member, time, point) [m].
    """
    seconds = kept.records[0][0]
    depth = np.stack([record[1] for record in kept.records]).astype(np.float32)
    coords = {
        "member": kept.numbers,
        "time": _times(issue, seconds),
        **{name: ("point", np.array(values)) for name, values in about.items()},
    }
    dims = ("member", "time", "point")
    attrs = {
        "units": FIELDS["water_depth"].units,
        "long_name": FIELDS["water_depth"].long_name,
    }
    return xr.Dataset({"water_depth": (dims, depth, attrs)}, coords)


def _times(issue, seconds):
    return issue + (np.asarray(seconds, float) * 1e9).round().astype("timedelta64[ns]")


def _attributes(model):
    return {
        "crs": str(model.terrain.attrs["crs"]),
        "issue_time": f"{model.issue.astype('datetime64[s]')}Z",
    }
