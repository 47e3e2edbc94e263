"""Skill of the radar nowcast against the fields that came, beside persistence."""

import time
from datetime import UTC, datetime

import numpy as np

from benchmarks import machine
from hydrology.rainfall.nowcast import RadarNowcast
from hydrology.rainfall.radar import around, end_of, onto, step_of
from twin.errors import InputError
from twin.grid import Grid
from twin.units import MM_PER_HOUR

THRESHOLD = 1.0 * MM_PER_HOUR
"""Rain that counts as an event [m s-1]."""

RATIO_BOUNDS = (0.7, 1.3)
"""Between these the spread of the ensemble tells its error."""

FIRST_LEAD = 15.0
"""Leads from here on are held against the bounds [min]."""

CITY = 10_000.0
"""Edge of the city in the middle of the radar [m]."""

FORECASTS = ("persistence", "extrapolation", "mean", "probability", "member")


def bench_nowcast(radar, *, members=20, minutes=60.0, every=30.0, seed=1, progress=None):
    """Nowcast many issue times of a radar series, and score them against what came.

    Parameters
    ----------
    radar : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1], evenly spaced, on metres.
    members : int
        Of the ensemble, the extrapolation among them.
    minutes : float
        How far ahead [min].
    every : float
        Time between two issue times [min].
    seed : int
        Of the ensemble.
    progress : callable, optional
        Called with a line for people before each issue time.

    Returns
    -------
    dict
        ``rows``, one a lead: pooled CSI of each of `FORECASTS`, ``wins`` (issue times in which
        extrapolation beats persistence), ``spread``, ``rmse`` [mm/h], ``ratio``, ``bias``; and
        what was measured.

    Raises
    ------
    InputError
        There are too few fields, or fewer than two members.

    Notes
    -----
    Critical success index: hits over hits, misses and false alarms of rates of at least 1 mm/h,
    cell by cell, pooled over all issue times. "persistence" is the newest field left where it
    is; "extrapolation" that field carried along its motion (member 0); "mean" the mean of the
    members; "probability" where at least half of them exceed the threshold; "member" the STEPS
    members one by one.

    Spread is sqrt((N + 1) / N mean(s2)) with s2 the variance of N members over N - 1, which is
    sqrt((N + 1) / (N - 1) mean(variance over N)); `ratio` is spread over the root mean square
    error of the ensemble mean. Where truth and members are drawn alike, the expected squared
    error of the mean is (1 + 1/N) times their variance, so the ratio is 1 (see Fortin et al.,
    2014, J. Hydrometeorol. 15, 1708-1713; derived here, the paper could not be read).

    Scored are the cells of the window whose rain all members know: what blows in from outside of
    the window is known to none of them. Persistence is scored on the same cells.
    """
    step = step_of(radar)
    leads = int(minutes * 60.0 // step)
    issues = _issues(radar.sizes["time"], leads, round(every * 60.0 / step))
    if members < 2 or leads < 1 or not issues:
        raise InputError(
            f"{radar.sizes['time']} radar fields, {members} members and {minutes:g} min came, "
            "expected at least 2 members and fields enough for one nowcast and its truth"
        )
    city = _city(radar)
    scores, seconds = [_Score(members) for _ in range(leads)], []
    for number, index in enumerate(issues):
        if progress is not None:
            progress(f"issue time {number + 1} of {len(issues)}")
        began = time.perf_counter()
        known = radar.isel(time=slice(0, index + 1))
        nowcast, ensemble = _nowcast(known, city, members, leads, seed)
        seconds.append(time.perf_counter() - began)
        truth = _truth(radar, index, leads, nowcast.window)
        for lead, score in enumerate(scores):
            score.add(nowcast.rates[-1], ensemble[:, lead], truth[lead])
    rows = [score.row((lead + 1) * step / 60.0) for lead, score in enumerate(scores)]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        **machine.description(),
        "fields": int(radar.sizes["time"]),
        "issue_times": [_issue_text(radar.isel(time=[index]), step) for index in issues],
        "members": members,
        "window_cells": list(nowcast.window.shape),
        "cell_m": nowcast.window.cell_size,
        "seconds_per_nowcast": float(np.median(seconds)),
        "threshold_mm_h": THRESHOLD / MM_PER_HOUR,
        "ratio_bounds": list(RATIO_BOUNDS),
        "rows": rows,
    }


class _Score:
    """Sums of one lead over all issue times."""

    def __init__(self, members):
        self.members = members
        self.hits = dict.fromkeys(FORECASTS, 0)
        self.events = dict.fromkeys(FORECASTS, 0)
        self.cells = self.all_cells = self.wins = self.cases = 0
        self.variance = self.error = self.foretold = self.fallen = 0.0

    def add(self, newest, ensemble, truth):
        """Count one issue time: fields (y, x), members (member, y, x) [m s-1]."""
        known = np.isfinite(truth) & np.isfinite(newest) & np.isfinite(ensemble).all(axis=0)
        self.cells += int(known.sum())
        self.all_cells += known.size
        truth, newest, ensemble = truth[known], newest[known], ensemble[:, known]
        mean, rained = ensemble.mean(axis=0), truth >= THRESHOLD
        says = {
            "persistence": newest >= THRESHOLD,
            "extrapolation": ensemble[0] >= THRESHOLD,
            "mean": mean >= THRESHOLD,
            "probability": (ensemble >= THRESHOLD).mean(axis=0) >= 0.5,
        }
        single = {name: self._count(name, yes, rained) for name, yes in says.items()}
        for member in ensemble[1:]:
            self._count("member", member >= THRESHOLD, rained)
        self.cases += 1
        self.wins += single["extrapolation"] > single["persistence"]
        self.variance += float(ensemble.var(axis=0, ddof=1).sum())
        self.error += float(((mean - truth) ** 2).sum())
        self.foretold += float(mean.sum())
        self.fallen += float(truth.sum())

    def _count(self, name, says, rained):
        hits, events = int((says & rained).sum()), int((says | rained).sum())
        self.hits[name] += hits
        self.events[name] += events
        return hits / max(events, 1)

    def row(self, minutes):
        """The scores of this lead; None where nothing could be scored."""
        rates = {name: _share(self.hits[name], self.events[name]) for name in FORECASTS}
        cells = max(self.cells, 1)
        spread = ((self.members + 1) / self.members * self.variance / cells) ** 0.5
        rmse = (self.error / cells) ** 0.5
        return {
            "minutes": minutes,
            **{f"csi_{name}": value for name, value in rates.items()},
            "wins": self.wins,
            "cases": self.cases,
            "spread": spread / MM_PER_HOUR,
            "rmse": rmse / MM_PER_HOUR,
            "ratio": _share(spread, rmse),
            "bias": _share(self.foretold, self.fallen),
            "cells_scored": _share(self.cells, self.all_cells),
        }


def _nowcast(radar, city, members, leads, seed):
    """The nowcast and its members, shape (member, lead, y, x) [m s-1]."""
    nowcast = RadarNowcast(radar, city, hours=leads * step_of(radar) / 3600.0)
    fields = [nowcast.fields(leads, member=member, seed=seed) for member in range(members)]
    return nowcast, np.stack(fields)


def _truth(radar, index, leads, window):
    """The fields that came after, on the window."""
    later = radar.isel(time=slice(index + 1, index + 1 + leads))
    return onto(later, window)["rainfall_rate"].values.astype(float)


def _issues(fields, leads, every):
    """Indices of the newest field of each nowcast."""
    return list(range(2, fields - leads, max(every, 1)))


def _issue_text(newest, step):
    return f"{end_of(newest, step).astype('datetime64[m]')}Z"


def _city(radar):
    """A city in the middle of what the radar knows, on its own grid."""
    source = Grid.of(radar)
    rows, columns = np.nonzero(np.isfinite(radar["rainfall_rate"].values).all(axis=0))
    if not rows.size:
        raise InputError("no cell of the radar is known at all times, expected some; check files")
    size = max(2, round(CITY / source.cell_size))
    row, column = (int(np.median(places)) - size // 2 for places in (rows, columns))
    city = source.window(row, column, size, size)
    around(city, radar, 1.0)  # raises where the radar does not hold it
    return city


def _share(part, whole):
    return part / whole if whole else None
