"""Which rain a forecast rests on: the best that there is, and never a silent zero.

The order, for each interval of ten minutes up to now:

1. radar and gauges merged (`radar_gauge`);
2. radar, corrected by the bias of the last hour if there is one;
3. gauges interpolated (`gauges`);
4. the last radar field carried along its motion (`nowcast`), up to an hour;
5. a numerical forecast;
6. the nearest known field held, up to an hour.

For the hours ahead (`rain_ahead`): nowcast, blended into the numerical forecast, then persistence.
A radar that sees nothing where gauges clearly rain is not believed, neither so far nor ahead.
Where none of them knows anything, it is a `MissingError`. Each product says in `degraded` what was
missing, stale or replaced.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.rainfall.blend import RainAhead
from hydrology.rainfall.gauges import INTERVAL
from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from hydrology.rainfall.growth import growth_notes
from hydrology.rainfall.notes import missing_inputs, old_inputs, stand_ins
from hydrology.rainfall.nowcast import LONGEST, RadarNowcast
from hydrology.rainfall.observed import LONGEST_SILENCE, KnownGauges, ObservedRain
from hydrology.rainfall.pieces import Pieces, radar_at
from hydrology.rainfall.radar import end_of, onto, step_of
from hydrology.rainfall.radar_gauge import blind_intervals, rain_at_dry_gauges
from twin.errors import InputError, MissingError
from twin.fields import FIELDS

OLDEST_RADAR = 3 * 3600.0
"""A radar field may be so old and still be carried on, where nothing newer is known [s]."""

NEGLIGIBLE_SHARE = 0.02
"""Share of the nowcast over the city that may be unknown without a word."""

_STEP = np.timedelta64(int(INTERVAL), "s")


@dataclass(frozen=True)
class RainInputs:
    """What is known of the rain at an issue time, source by source.

    Parameters
    ----------
    stations, readings : GeoDataFrame and pandas.DataFrame, optional
        As `hydrology.rainfall.observed.observe_rain` takes them.
    radar : xarray.Dataset, optional
        ``rainfall_rate`` (time, y, x) [m s-1], time being the start of each interval; only what
        had been received at the issue time.
    numerical : xarray.Dataset, optional
        The same of a numerical forecast; attribute ``issue_time`` (UTC) where it is known.
    expected : tuple of str
        Those of "gauges", "radar" and "numerical" that the city has; one that is expected and
        did not come is named in `degraded`.
    """

    stations: object = None
    readings: object = None
    radar: xr.Dataset | None = None
    numerical: xr.Dataset | None = None
    expected: tuple = ()


def rain_so_far(inputs, grid, *, issue_time, spinup_hours=6.0):
    """Rain up to an issue time, from the best source of each interval.

    Parameters
    ----------
    inputs : RainInputs
        Any of them may be missing.
    grid : Grid
        Cells of the city.
    issue_time : numpy.datetime64
        UTC.
    spinup_hours : float
        How far back to look [h].

    Returns
    -------
    ObservedRain
        Its `methods` say how each interval was made, its `bias` what the radar is multiplied by.

    Raises
    ------
    MissingError
        Neither gauges, radar nor a numerical forecast know anything of the time before.
    """
    issue = np.datetime64(issue_time, "ns")
    gauges = KnownGauges.at(inputs.stations, inputs.readings, grid, issue)
    radar, notes = _radar_known(inputs.radar, grid, issue, spinup_hours)
    radar, doubts = _radar_believed(radar, gauges, grid, issue)
    newest = _newest(gauges, radar, inputs.numerical, issue)
    count = max(1, int(np.ceil(spinup_hours * 3600.0 / INTERVAL)))
    times = newest - np.arange(count, 0, -1) * _STEP
    pieces = Pieces(grid, times, gauges, radar, inputs.numerical)
    first = _first_known(pieces.methods, newest)
    times, methods = times[first:], tuple(pieces.methods[first:])
    rainfall = rainfall_dataset(times, pieces.rates[first:], pieces.cover)
    notes += doubts + missing_inputs(inputs) + gauges.notes(times, issue)
    notes += old_inputs(radar, inputs.numerical, issue) + pieces.bias_notes
    notes += stand_ins(methods, bool(gauges.names), radar is not None)
    if first and float(rainfall["rainfall_rate"][0].max()) > 0:
        began = times[0].astype("datetime64[m]")
        notes.append(f"rain: it rained when the readings begin, {began}Z")
    return ObservedRain(rainfall, newest, tuple(notes), methods, pieces.bias)


def rain_ahead(inputs, observed, grid, *, issue_time, hours):
    """Source of the rain ahead, for `future_rain` of a forecast.

    Parameters
    ----------
    inputs : RainInputs
        As `rain_so_far` had them.
    observed : ObservedRain
        What it found.
    grid : Grid
        Cells of the city.
    issue_time : numpy.datetime64
        UTC.
    hours : float
        Horizon of the forecast after the issue time [h].

    Returns
    -------
    RainAhead
        Its `degraded` says what is missing; where there is neither a nowcast nor a numerical
        forecast, the latest rain persists, and that is said, as is a storm that still grows.
    """
    issue = np.datetime64(issue_time, "ns")
    radar, _ = _radar_known(inputs.radar, grid, issue, 1.0)
    gauges = KnownGauges.at(inputs.stations, inputs.readings, grid, issue)
    believed, _ = _radar_believed(radar, gauges, grid, issue)
    if radar is not None and (believed is None or end_of(believed) < end_of(radar)):
        nowcast, notes = None, ["rain: no nowcast, the radar sees nothing where gauges rain"]
    else:
        nowcast, notes = _nowcast(radar, observed, grid, issue, hours)
    beyond = "persistence" if inputs.numerical is None else "the numerical forecast"
    if nowcast is not None:
        times = np.arange(observed.newest, nowcast.issue + _seconds(nowcast.hours * 3600), _STEP)
        unknown = np.isnan(nowcast.ahead(covering_grid(grid), times)).mean() if times.size else 0
        if unknown > NEGLIGIBLE_SHARE:
            notes.append(f"rain: {unknown:.0%} comes from beyond the radar's reach: {beyond} there")
        if inputs.numerical is None and hours > nowcast.hours:
            notes.append(f"rain: nowcast of {nowcast.hours:g} h, {beyond} beyond")
    elif inputs.numerical is None:
        notes += ["rain: ahead, the latest rain persists and dies away", *growth_notes(observed)]
    else:
        notes.append("rain: ahead, a numerical forecast without a nowcast")
    return RainAhead(nowcast, inputs.numerical, tuple(notes))


def _nowcast(radar, observed, grid, issue, hours):
    """Nowcast of the radar, or None, and notes."""
    if radar is None:
        return None, []
    if observed.newest - end_of(radar) > _seconds(LONGEST_SILENCE):
        return None, ["rain: the radar is too old to be followed, readings are newer"]
    late = (issue - end_of(radar)) / np.timedelta64(1, "h")
    try:
        nowcast = RadarNowcast(radar, grid, hours=min(hours + late, LONGEST), bias=observed.bias)
    except (MissingError, InputError) as error:
        return None, [f"rain: no nowcast ({str(error)[:120]})"]
    return nowcast, list(nowcast.degraded)


def _radar_known(radar, grid, issue, spinup_hours):
    """Radar fields of use at the issue time, or None, and notes."""
    if radar is None or not radar.sizes["time"]:
        return None, []
    try:
        length = _seconds(step_of(radar))
    except InputError as error:
        return None, [f"rain: radar not used ({error})"]
    times = radar["time"].values
    oldest = issue - _seconds(OLDEST_RADAR + spinup_hours * 3600.0)
    radar, notes = _believable(radar.isel(time=(times + length <= issue) & (times >= oldest)))
    if radar.sizes["time"]:
        over_city = onto(radar, covering_grid(grid))["rainfall_rate"].values
        radar = radar.isel(time=np.isfinite(over_city).any(axis=(1, 2)))
    if radar.sizes["time"] < 2 or issue - end_of(radar) > _seconds(OLDEST_RADAR):
        return None, [*notes, "rain: no radar field of the last hours that knows the city"]
    return radar, notes


def _radar_believed(radar, gauges, grid, issue):
    """Radar without the fields that are blind where gauges rain, or None, and notes."""
    if radar is None or not gauges.names or gauges.readings is None:
        return radar, []
    last_reading = issue.astype("datetime64[m]").astype(int) // 10 * _STEP + np.datetime64(0, "ns")
    fields = ((radar["time"].values - last_reading) // _STEP).astype(int)
    numbers = np.arange(fields.min(), max(0, fields.max()) + 1)
    times = last_reading + numbers * _STEP
    values = gauges.matrix(times)
    seen = radar_at(radar, gauges.places, covering_grid(grid).crs, times)
    recent = numbers >= -round(3600 / INTERVAL)
    shown = rain_at_dry_gauges(values[recent], seen[recent], INTERVAL)
    notes = [f"rain: radar shows {shown * 1e3:.1f} mm in an hour where all gauges are dry"]
    is_blind = blind_intervals(values, seen, INTERVAL)[fields - numbers[0]]
    if not is_blind.any():
        return radar, notes if shown else []
    note = f"rain: {is_blind.sum()} of {is_blind.size} radar fields not believed: gauges rain, "
    believed = radar.isel(time=~is_blind) if (~is_blind).sum() > 1 else None
    return believed, [note + "the radar sees nothing there"]


def _believable(radar):
    """Radar with NaN for rates that cannot be, and a note on them."""
    rate, field = radar["rainfall_rate"], FIELDS["rainfall_rate"]
    wrong = (rate < field.minimum) | (rate > field.maximum)
    if not bool(wrong.any()):
        return radar, []
    cells = int(wrong.sum())
    radar = radar.assign(rainfall_rate=rate.where(~wrong).assign_attrs(rate.attrs))
    return radar, [f"rain: {cells} radar values beyond belief left out"]


def _newest(gauges, radar, numerical, issue):
    """End of the newest interval of ten minutes that somebody knows."""
    ends = [] if gauges.newest is None else [gauges.newest]
    if radar is not None and (not ends or issue - end_of(radar) <= _seconds(LONGEST_SILENCE)):
        ends.append(end_of(radar))
    if not ends and numerical is not None:
        ends.append(issue)
    if not ends:
        raise MissingError(
            "neither gauges, radar nor a numerical forecast know the rain before "
            f"{_text(issue)}, expected one of them; check the feeds (silence is not "
            "taken for zero rain)"
        )
    return max(ends).astype("datetime64[m]").astype(int) // 10 * _STEP + np.datetime64(0, "ns")


def _text(time):
    """A time as people read it, such as ``2026-11-20T12:00:00Z``."""
    return f"{np.datetime_as_string(time, unit='s')}Z"


def _first_known(methods, newest):
    """Index from which all intervals are known."""
    unknown = [index for index, name in enumerate(methods) if not name]
    first = unknown[-1] + 1 if unknown else 0
    if first == len(methods):
        raise MissingError(
            f"the rain before {_text(newest)} is not known over the whole city, expected radar, "
            "gauges or a numerical forecast of that time; check the feeds"
        )
    return first


def _seconds(seconds):
    return np.timedelta64(round(seconds * 1e9), "ns")
