"""What rain gauges measured since a forecast was issued, and whether that beats what it expected.

The rule, for each interval of ten minutes that the members had to expect and that has passed: the
mean over the rain gauges is set beside what they expected. The first such interval may end before
the issue time, where its readings came after it.

- It is **beaten** where the mean lies above the 90 % quantile by `LEAST_EXCESS` and by
  `LEAST_SHARE` of it. The first keeps drizzle quiet: one tip of a common bucket (0.5 mm) in one of
  six gauges is 0.5 mm/h of their mean. The second keeps the noise of few gauges quiet: in showers
  the mean over a handful of them is easily a quarter off the mean over the ground. Both are set,
  not fitted.
- It is **spared** where the mean lies below the 10 % quantile by as much.
- It is not judged where fewer than half of the gauges were heard: three gauges in the core of a
  storm are not a city.

One beaten interval makes the forecast beaten, also when the next ones are not: its water has fallen
and the members never had it. A forecast is spared only when none is beaten and the newest judged
interval is spared, so that a lull does not call off a warning.

A mean over gauges is not the mean over the ground that the members were asked for: gauges stand
where they stand, and nothing is weighed here. Readings count that were received by now and that
quality control, with what it could know by now, does not doubt: as in a forecast
(`service.cycle.judged`), not by verdicts of hindsight.
"""

import logging
import time
from functools import lru_cache

import numpy as np
import pandas as pd

from service.utc import as_utc, iso
from service.web.object_states import KEPT_SECONDS
from twin.errors import TwinError

LEAST_EXCESS = 2.0
"""How far beyond the quantile the measured mean must lie [mm/h]."""

LEAST_SHARE = 0.25
"""And how far as a share of the quantile."""

LEAST_HEARD = 0.5
"""Share of the gauges that must have been heard for a verdict."""

LATE = pd.Timedelta(hours=1)
"""Readings of a run that has ended count when they came no later than this after its end."""

BEATEN, SPARED, WITHIN = "beaten", "spared", "within"

_MM_H = 3.6e6
_NO_STORE = "no readings of this city are kept; run `floodtwin ingest` first"
_log = logging.getLogger("floodtwin.service")


class RainSince:
    """Rain that was measured since runs were issued, read anew after `KEPT_SECONDS`.

    Parameters
    ----------
    keeper : service.web.object_states.ObjectKeeper
        Has the cities and their stores open, and the clock of the service.
    """

    def __init__(self, keeper):
        self._keeper = keeper
        self._kept = lru_cache(maxsize=16)(self._read)

    def of(self, city, run, expected):
        """As `service.web.models.RainSince`; None for a run that is no forecast.

        Parameters
        ----------
        city : str
            Its name.
        run : service.runs.Run
        expected : list of dict
            Intervals of its ``rain.json``.
        """
        if run.manifest["kind"] != "forecast":
            return None
        now = as_utc(self._keeper.clock.now())
        ahead = [row for row in expected if row["kind"] == "expected"]
        passed = [row for row in ahead if as_utc(row["until"]) <= now]
        if not passed:
            return _told([], 0, now, "no interval of ten minutes has passed since it was issued")
        age = int(time.monotonic() / KEPT_SECONDS)
        try:
            mean, heard, gauges = self._kept(
                city, self._keeper.catalogue.city(city), passed[0]["time"], len(passed), age
            )
        except TwinError as error:  # readings that fail must not hide the forecast
            _log.warning("the rain of %s since its forecast is not known: %s", city, error)
            return _told([], 0, now, str(error))
        if gauges == 0:
            has_store = self._keeper.store(city) is not None
            return _told([], 0, now, "the city has no rain gauges" if has_store else _NO_STORE)
        rows = [
            _row(row, value, count, gauges)
            for row, value, count in zip(passed, mean, heard, strict=True)
            if count > 0  # where nobody spoke, nothing is said, and no zero
        ]
        reason = None if rows else f"none of {gauges} rain gauges was heard since it was issued"
        return _told(rows, gauges, now, reason)

    def _read(self, name, city, first, count, _age):
        """Mean [mm/h] and number of gauges heard in each interval, and how many there are."""
        from hydrology.rainfall.gauges import INTERVAL, gauge_matrix
        from service.cycle.judged import judged_readings

        store, sensors = self._keeper.store(name), city.layer("sensors")
        if store is None or sensors is None or "kind" not in sensors:
            return None, None, 0
        gauges = sensors[sensors["kind"] == "rain_gauge"]
        if not len(gauges):
            return None, None, 0
        start, step = as_utc(first), pd.Timedelta(seconds=INTERVAL)
        # an old run must not read all that came since
        moment = min(as_utc(self._keeper.clock.now()), start + count * step + LATE)
        readings = judged_readings(
            city, store, gauges, moment, look_back=moment - start, properties=("rainfall_rate",)
        )
        times = start.to_datetime64() + np.arange(count) * step.to_timedelta64()
        rates = _MM_H * gauge_matrix(readings, gauges, times.astype("datetime64[ns]"))
        heard = np.isfinite(rates).sum(axis=1)
        mean = np.divide(np.nansum(rates, axis=1), heard, where=heard > 0, out=np.zeros(count))
        return mean.tolist(), heard.tolist(), len(gauges)


def judged(mean, low, high, heard, gauges):
    """Whether a measured mean beats what was expected for its interval; see the module.

    Parameters
    ----------
    mean : float
        Over the gauges that were heard [mm/h].
    low, high : float or None
        The 10 and 90 % quantile of what was expected [mm/h].
    heard, gauges : int
        How many gauges were heard, of how many.

    Returns
    -------
    str or None
        `BEATEN`, `SPARED` or `WITHIN`; None where it cannot be judged.

    Examples
    --------
    >>> judged(110.5, 31.8, 59.8, heard=6, gauges=6)
    'beaten'
    >>> judged(3.0, 0.2, 1.2, heard=6, gauges=6)
    'within'
    """
    if low is None or high is None or heard < LEAST_HEARD * gauges:
        return None
    if mean >= max(high + LEAST_EXCESS, high * (1.0 + LEAST_SHARE)):
        return BEATEN
    if mean <= min(low - LEAST_EXCESS, low * (1.0 - LEAST_SHARE)):
        return SPARED
    return WITHIN


def verdict_of(rows):
    """Verdict on a forecast, and the interval that speaks for it; see the module.

    Parameters
    ----------
    rows : list of dict
        Intervals with their ``verdict``, the oldest first.

    Returns
    -------
    verdict : str or None
    row : dict or None
    """
    sure = [row for row in rows if row["verdict"] is not None]
    beaten = [row for row in sure if row["verdict"] == BEATEN]
    if beaten:
        return BEATEN, beaten[-1]
    return (sure[-1]["verdict"], sure[-1]) if sure else (None, None)


def _row(row, mean, heard, gauges):
    low, high = row["mean_p10_mm_h"], row["mean_p90_mm_h"]
    return {
        "time": row["time"],
        "until": row["until"],
        "mean_mm_h": round(mean, 3),
        "expected_p10_mm_h": low,
        "expected_p90_mm_h": high,
        "gauges_heard": heard,
        "gauges": gauges,
        "verdict": judged(mean, low, high, heard, gauges),
    }


def _told(rows, gauges, now, reason):
    verdict, row = verdict_of(rows)
    return {
        "as_of": iso(now),
        "gauges": gauges,
        "intervals": rows,
        "verdict": verdict,
        "speaks": row,
        "sentence": _sentence(verdict, row),
        "reason": reason,
    }


def _sentence(verdict, row):
    """One line for people; None where there is nothing to say."""
    if verdict not in (BEATEN, SPARED):
        return None
    begin, end = row["time"][11:16], row["until"][11:16]
    names = ("mean_mm_h", "expected_p10_mm_h", "expected_p90_mm_h")
    mean, low, high = (_plain(row[name]) for name in names)
    what = (
        f"{mean} mm/h measured, {low} to {high} expected "
        f"({begin} to {end} UTC, mean of {row['gauges_heard']} of {row['gauges']} gauges)"
    )
    if verdict == BEATEN:
        return f"gauges exceed this forecast: {what}; flooding may come sooner and deeper"
    return f"gauges have measured less than this forecast expected: {what}"


def _plain(rate):
    """A rate as the page writes it: to a tenth below 10 mm/h, a half rounded up."""
    return f"{rate:.1f}" if rate < 10 else str(int(rate + 0.5))
