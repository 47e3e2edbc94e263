"""Radar against gauges: which gauge is at odds with the rain that the radar saw over it."""

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.quality.flags import NOT_EVALUATED, grade

COLUMNS = ("station_id", "phenomenon_time", "value")


def radar_against_gauges(
    gauges, radar, *, period="3h", least_rain=5e-3, factor=5.0, least_gauges=5, cadence=600.0
):
    """Compare gauges with the radar above them.

    Parameters
    ----------
    gauges, radar : pandas.DataFrame
        Columns ``station_id``, ``phenomenon_time`` (UTC) and ``value``, the mean rate [m s-1]
        over the cadence up to that time; `radar` is its value in the cell over each gauge.
    period : str
        Rain is compared in sums over this long, so that wind drift and the minutes between
        the cloud and the gauge do not count.
    least_rain : float
        Sums of which both are smaller are not compared [m].
    factor : float
        A ratio off the common one by more than this is suspect.
    least_gauges : int
        With fewer gauges in rain the common ratio is not known and taken as 1.
    cadence : float
        Time between readings [s].

    Returns
    -------
    pandas.DataFrame
        Index of `gauges`; ``flag`` (1, 2 or 3), ``gauge`` and ``radar`` (sums [m]), ``ratio``
        (gauge to radar, NaN without radar) and ``common`` (median ratio of all gauges then).

    Raises
    ------
    InputError
        A column is missing.

    Notes
    -----
    Radar is biased as a whole (calibration, attenuation, the drop sizes of that storm), so a
    gauge is held against the median of ``log(gauge / radar)`` over all gauges in rain at that
    time, the mean-field bias, and not against the radar itself. A dry radar sum is raised to a
    tenth of `least_rain`, so that radar blind there (beam blocked) makes the gauge suspect only
    by the other gauges' word. Own definition; the literature knows many.
    """
    for name, frame in (("gauges", gauges), ("radar", radar)):
        absent = [column for column in COLUMNS if column not in frame.columns]
        if absent:
            raise InputError(f"{name} without {', '.join(absent)}, expected {', '.join(COLUMNS)}")
    sums = _sums(gauges, period, cadence).join(
        _sums(radar, period, cadence).rename(columns={"depth": "seen"}), how="left"
    )
    gauge, seen = sums["depth"].to_numpy(), sums["seen"].to_numpy()
    compared = np.isfinite(gauge) & np.isfinite(seen) & (np.maximum(gauge, seen) >= least_rain)
    floor = least_rain / 10
    ratio = np.log(np.maximum(gauge, floor) / np.maximum(seen, floor))
    common = _common_ratio(sums.index.get_level_values(1), ratio, compared, least_gauges)
    is_odd = np.abs(ratio - common) > np.log(factor)
    table = pd.DataFrame(
        {
            "flag": grade(compared, is_odd),
            "gauge": gauge,
            "radar": seen,
            "ratio": np.where(compared, np.exp(ratio), np.nan),
            "common": np.exp(common),
        },
        index=sums.index,
    )
    wanted = pd.MultiIndex.from_frame(gauges[list(COLUMNS[:2])])
    table = table.reindex(wanted).set_axis(gauges.index)
    table["flag"] = table["flag"].fillna(NOT_EVALUATED).astype(int)
    return table


def _sums(frame, period, cadence):
    """Rain [m] over the period up to each reading, NaN where a fifth of it is missing."""
    ordered = frame.sort_values([*COLUMNS]).drop_duplicates(list(COLUMNS[:2]), keep="last")
    ordered = ordered.set_index("phenomenon_time")
    least = int(np.ceil(0.8 * pd.Timedelta(period).total_seconds() / cadence))
    moving = ordered.groupby("station_id")["value"].rolling(period, min_periods=least)
    depth = moving.mean() * pd.Timedelta(period).total_seconds()
    return depth.rename("depth").to_frame()


def _common_ratio(times, ratio, compared, least_gauges):
    """Median log ratio of the gauges that are compared at each time; 0 with too few."""
    kept = pd.Series(np.where(compared, ratio, np.nan)).groupby(np.asarray(times))
    enough = kept.transform("count") >= least_gauges
    return kept.transform("median").where(enough, 0.0).to_numpy()
