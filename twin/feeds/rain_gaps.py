"""What fell while a feed was away: from sums since midnight, which start again every day."""

import numpy as np
import pandas as pd

from twin.observations.store import NOT_EVALUATED

COLUMNS = ("source_id", "station_id", "start", "end", "least", "most")


def rain_between(readings, timezone):
    """Bounds of the rain between each two daily sums of a station that follow each other.

    Parameters
    ----------
    readings : pandas.DataFrame
        Canonical readings with ``rainfall_day`` [m], the sum since local midnight, and, where
        the source gives it, ``rainfall_1h`` [m], the sum of the hour before.
    timezone : str
        IANA name of the zone whose midnight counts: ``"Asia/Taipei"``.

    Returns
    -------
    pandas.DataFrame
        ``source_id``, ``station_id``, ``start``, ``end`` (UTC), ``least`` and ``most`` [m]. On
        one day both are the difference of the sums. Over midnight, or where an instrument
        began anew, the difference means nothing: at least the new sum fell, at most the sum of
        the last hour if the gap is no longer than that, else nobody knows (NaN).

    Notes
    -----
    49.0 mm at 23:50 and 0.5 mm at 00:20, with 3.0 mm in the last hour: between 0.5 and 3.0 mm
    fell in the half hour, and not -48.5 mm.
    """
    usable = readings[(readings["flag"] <= NOT_EVALUATED) & readings["value"].notna()]
    keys = ["source_id", "station_id", "phenomenon_time"]
    sums = _newest(usable, "rainfall_day", keys)
    hours = _newest(usable, "rainfall_1h", keys)
    table = sums.merge(hours, on=keys, how="left", suffixes=("", "_hour")).sort_values(keys)
    before = table.groupby(keys[:2])[["phenomenon_time", "value"]].shift()
    rise = table["value"] - before["value"]
    gap = table["phenomenon_time"] - before["phenomenon_time"]
    days = [_day(part["phenomenon_time"], timezone) for part in (table, before)]
    began_anew = (days[0] != days[1]) | (rise < 0)
    bound = table["value_hour"].where(gap <= pd.Timedelta(hours=1))
    least = np.where(began_anew, table["value"], rise)
    bounds = pd.DataFrame(
        {
            "source_id": table["source_id"],
            "station_id": table["station_id"],
            "start": before["phenomenon_time"],
            "end": table["phenomenon_time"],
            "least": least,
            "most": np.where(began_anew, np.maximum(bound, table["value"]), rise),
        },
        columns=list(COLUMNS),
    )
    return bounds[bounds["start"].notna()].reset_index(drop=True)


def _newest(readings, property, keys):
    chosen = readings[readings["property"] == property].sort_values("received_time")
    return chosen.drop_duplicates(keys, keep="last")[[*keys, "value"]]


def _day(times, timezone):
    """Local day; the sum of midnight itself is still that of the day that ends."""
    return (times.dt.tz_convert(timezone) - pd.Timedelta(seconds=1)).dt.normalize()
