"""What is to be said of the rain: what did not come, what is old, what stands in for what."""

import numpy as np

from hydrology.rainfall.radar import end_of, utc

RADAR_LATE, NUMERICAL_LATE = 35.0, 540.0
"""Ages from which it is said how old the newest is [min]."""

STAND_INS = {
    "nowcast": "the last radar field carried on",
    "numerical forecast": "a numerical forecast instead of observations",
    "held": "the field before held",
    "nearest": "a single gauge for the whole city",
}
"""Method of an interval -> what it means."""

WITHOUT_RADAR = ("kriging", "inverse distance", "nearest")


def missing_inputs(inputs):
    """Notes on inputs that the city has and that did not come.

    Parameters
    ----------
    inputs : hydrology.rainfall.sources.RainInputs
    """
    came = {
        "gauges": inputs.readings is not None and inputs.stations is not None,
        "radar": inputs.radar is not None and inputs.radar.sizes["time"] > 0,
        "numerical": inputs.numerical is not None,
    }
    return [f"rain: no {name} came" for name in inputs.expected if not came.get(name, True)]


def old_inputs(radar, numerical, issue):
    """Notes on radar and numerical forecasts that are late, or were hourly sums.

    Parameters
    ----------
    radar, numerical : xarray.Dataset or None
        Rain over (time, y, x); `numerical` may have an attribute ``issue_time``.
    issue : numpy.datetime64
        UTC.
    """
    notes = []
    if radar is not None:
        if "disaggregation" in radar.attrs:
            notes.append(f"rain: hours spread over ten minutes ({radar.attrs['disaggregation']})")
        age = (issue - end_of(radar)) / np.timedelta64(1, "m")
        if age > RADAR_LATE:
            notes.append(f"rain: newest radar is {age:.0f} minutes old")
    if numerical is not None and "issue_time" in numerical.attrs:
        age = (issue - utc(numerical.attrs["issue_time"])) / np.timedelta64(1, "m")
        if age > NUMERICAL_LATE:
            notes.append(f"rain: the numerical forecast is {age / 60:.0f} hours old")
    return notes


def stand_ins(methods, has_gauges, has_radar):
    """Notes on the intervals that do not rest on all that the city has.

    Parameters
    ----------
    methods : tuple of str
        How each interval was made.
    has_gauges, has_radar : bool
        Whether there are gauges, and radar fields.
    """
    whole = len(methods)
    counts = {reason: methods.count(name) for name, reason in STAND_INS.items()}
    if has_radar:
        counts["gauges without radar"] = sum(name in WITHOUT_RADAR for name in methods)
    if has_gauges:
        counts["radar without gauges"] = methods.count("radar")
    return [f"rain: {why} in {n} of {whole} intervals" for why, n in counts.items() if n]
