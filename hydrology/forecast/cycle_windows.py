"""From the last analysis to the newest rain, window by window: run, observe, correct."""

from dataclasses import dataclass

import numpy as np

from hydrology.assimilation.analysis import Analysis, plain_report, slim
from hydrology.assimilation.assimilation import assimilate
from hydrology.assimilation.observation_operator import find_observations, predict, usable_readings
from hydrology.forecast.perturbations import draw_factors
from hydrology.rainfall.gauges import INTERVAL
from twin.errors import UnstableError
from twin.grid import Grid

WINDOW = np.timedelta64(int(INTERVAL), "s")
"""Readings of so long are assimilated together, at its end."""

SILENCE = np.timedelta64(1, "h")
"""A sensor without a usable reading for so long is silent."""

LONGEST_WAY = np.timedelta64(3, "h")
"""An analysis older than this is not gone on from: a warm-up is as good and as quick."""


def level_sensors(sensors):
    """Sensors of a city without its rain gauges; None where there are none."""
    if sensors is None or "kind" not in sensors:
        return sensors
    return sensors[sensors["kind"] != "rain_gauge"]


@dataclass(frozen=True)
class Sensors:
    """Level and depth sensors, what they sent, and whether it corrects the ensemble.

    Attributes
    ----------
    stations : GeoDataFrame or None
        In the city's CRS; None where there are none.
    readings : pandas.DataFrame
        Canonical readings.
    is_heard : bool
        False runs the same ensemble uncorrected, to compare with.
    """

    stations: object
    readings: object
    is_heard: bool = True

    def observations(self, terrain, after, until, known_at):
        """Observations of a window of time."""
        if self.stations is None or not self.is_heard or not len(self.stations):
            return []
        grid = Grid.of(terrain)
        return find_observations(
            self.stations, self.readings, terrain, grid, after=after, until=until, known_at=known_at
        )

    def silence(self, issue):
        """What to say of sensors that nothing was heard of in the hour before the issue time."""
        if self.stations is None or not self.is_heard or not len(self.stations):
            return []
        heard = usable_readings(self.stations, self.readings, issue - SILENCE, issue, issue)
        count = len(self.stations) - len(heard)
        if not len(heard):
            return [f"sensors: nothing usable of {count} level and depth sensors in the last hour"]
        if 2 * count > len(self.stations):
            return [f"sensors: {count} of {len(self.stations)} level and depth sensors silent"]
        return []


def why_not(analysis, model, newest, count):
    """Why an analysis cannot be gone on from; empty where it can."""
    grid = Grid.of(model.terrain)
    about = f"{grid.x0:.3f} {grid.y0:.3f} {grid.cell_size:g} {grid.crs}"
    settings = model.settings
    alike = {
        "scheme": settings.scheme,
        "dtype": settings.dtype,
        "shape": f"{grid.ny}x{grid.nx}",
        "grid": about,
    }
    for name, expected in alike.items():
        if any(state.about.get(name) != expected for state in analysis.states):
            return f"it has another {name}"
    if analysis.count < count:
        return f"it has {analysis.count} members"
    if analysis.time > newest:
        return "it is newer than the rain"
    if newest - analysis.time > LONGEST_WAY:
        return f"it is of {analysis.time.astype('datetime64[m]')}Z"
    return ""


def begin_cold(model, rainfall, start, until, count, seed, spread, kept, progress):
    """An analysis from nothing: one shared warm-up with the control, then members apart.

    Returns
    -------
    Analysis
        With no water yet (states None) where the run begins at `until`.
    """
    state = None
    if start < until:
        result = model.run(rainfall, start, until, progress=model.watch(progress))
        kept.count_run(result)
        state = slim(result.state)
    factors = draw_factors(Grid.of(model.terrain), count, seed, spread)
    return Analysis(until, (state,) * count, factors, seed)


def follow(model, analysis, rainfall, until, sensors, kept, progress=None):
    """Bring an analysis forward, corrected on the way.

    Parameters
    ----------
    model : hydrology.forecast.ensemble.Ensemble
    analysis : Analysis
    rainfall : callable
        Gives the rain of a member up to `until`, with the learned factor in it.
    until : numpy.datetime64
        At or after the analysis (UTC).
    sensors : Sensors
    kept : hydrology.forecast.ensemble.Members
        Counts the runs.
    progress : callable or None
        Called with the seconds done, over all members.

    Returns
    -------
    analysis : Analysis
        At `until`, with the reports of this way only.
    notes : list of str
        Members that failed on the way.

    Raises
    ------
    UnstableError
        All members failed.
    """
    time, states, factors = analysis.time, list(analysis.states), analysis.factors
    grid, reports, notes = Grid.of(model.terrain), [], []
    for end, found in _windows(model, analysis.time, until, sensors):
        points = (
            np.array([one.row for one in found], int),
            np.array([one.column for one in found], int),
        )
        states, records, failed = model.advance(rainfall, time, end, states, factors, points, kept)
        if len(failed) == len(states):
            raise UnstableError(f"all {len(states)} members failed before {end}: {failed[0]}")
        notes += [f"member {k} failed before {end}: {why}" for k, why in failed.items()]
        if found and len(states) > 1:
            predicted = predict(found, time, records)
            states, factors, report = assimilate(
                end, states, factors, found, predicted, model.terrain, grid
            )
            reports.append(plain_report(report))
        time = end
        if progress is not None:
            progress((time - analysis.time) / np.timedelta64(1, "s") * len(states))
    return Analysis(time, tuple(states), factors, analysis.seed, tuple(reports)), notes


def _windows(model, begin, end, sensors):
    """Ends of the runs and the observations to be heard there; those without are run through."""
    until = begin
    while until < end:
        after, until = until, min(until + WINDOW, end)
        found = sensors.observations(model.terrain, after, until, model.issue)
        if found or until == end:
            yield until, found
