"""The rain that drove a forecast, in one line."""

INTERVALS_AN_HOUR = 6


def rain_told(rows):
    """What fell in the last hour, what is expected at most, and who says so.

    Parameters
    ----------
    rows : list of dict
        Intervals as `hydrology.forecast.hyetograph.hyetograph` has them.

    Returns
    -------
    str
        "not known" where there is no interval.

    Examples
    --------
    >>> past = {"kind": "measured", "source": "gauges", "until": "2026-06-09T07:00:00Z"}
    >>> ahead = {"kind": "expected", "source": "persistence", "time": "2026-06-09T07:00:00Z"}
    >>> ahead |= {"mean_p10_mm_h": 4.0, "mean_p50_mm_h": 9.0, "mean_p90_mm_h": 20.0}
    >>> rain_told([past | {"mean_mm_h": 12.0}] * 6 + [ahead])
    '12.0 mm in 60 min to 07:00 (gauges); ahead up to 9.0 (4.0 to 20.0) mm/h at 07:00 (persistence)'
    """
    past = [row for row in rows if row["kind"] != "expected"][-INTERVALS_AN_HOUR:]
    ahead = [row for row in rows if row["kind"] == "expected"]
    if not past or not ahead:
        return "not known"
    fallen = sum(row["mean_mm_h"] for row in past) / INTERVALS_AN_HOUR
    minutes = 60 * len(past) // INTERVALS_AN_HOUR
    most = max(ahead, key=lambda row: row["mean_p50_mm_h"])
    low, middle, high = (f"{most[f'mean_p{n}_mm_h']:.1f}" for n in (10, 50, 90))
    return (
        f"{fallen:.1f} mm in {minutes} min to {past[-1]['until'][11:16]} ({_sources(past)}); "
        f"ahead up to {middle} ({low} to {high}) mm/h at {most['time'][11:16]} ({_sources(ahead)})"
    )


def _sources(rows):
    return ", ".join(dict.fromkeys(row["source"] for row in rows))
