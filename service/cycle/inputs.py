"""What one forecast rests on, frozen: read once as known at its issue time, and hashed."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from service.cycle.edges import edges_ahead
from service.cycle.judged import digest_of, judged_readings
from service.cycle.radar_inputs import read_grids
from service.utc import iso
from twin.errors import TwinError

SILENCE = pd.Timedelta(hours=1)
"""A sensor of which nothing usable came for so long is silent."""


@dataclass(frozen=True)
class FrozenInputs:
    """Inputs of one forecast.

    Attributes
    ----------
    gauges, sensors : GeoDataFrame
        Rain gauges; all sensors of the city.
    readings : pandas.DataFrame
        Canonical readings with the verdicts of quality control in ``flag``.
    observed : hydrology.rainfall.observed.ObservedRain
        Rain up to now.
    future_rain : callable
        Rain ahead.
    rain_memory_hours : float
        See `hydrology.forecast.forecast.Cycle`.
    edges : service.cycle.edges.Edges
        River and tide at the edge of the city.
    parameters : hydrology.forecast.parameter_sets.ParameterSet
        In force.
    analysis : hydrology.assimilation.analysis.Analysis or None
        Of the last cycle, where it can be gone on from.
    listing : tuple of dict
        ``name``, ``sha256``, ``newest_time`` of each input.
    degraded : tuple of str
        What is wrong with them, besides what the rain says of itself.
    heard : dict
        ``gauges`` and ``sensors``: [reporting, all].
    """

    gauges: object
    sensors: object
    readings: object
    observed: object
    future_rain: object
    rain_memory_hours: float
    edges: object
    parameters: object
    analysis: object
    listing: tuple
    degraded: tuple
    heard: dict

    def digest(self, request):
        """SHA-256 of the list of inputs and of what is asked for.

        Parameters
        ----------
        request : dict
            Plain values: issue time, hours, members, seed.
        """
        content = json.dumps({"inputs": self.listing, "request": request}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def freeze_inputs(city, observations, moment, *, hours, data, last):
    """Read all that a forecast rests on.

    Parameters
    ----------
    city : twin.city.City
        With sensors.
    observations : twin.observations.store.ObservationStore
        Readings.
    moment : pandas.Timestamp
        Issue time, naive, UTC. Nothing that was received later is used.
    hours : float
        Horizon [h].
    data : path-like or None
        Data folder with raw payloads of radar.
    last : service.cycle.last_analysis.LastAnalysis or None
        State of the cycle before; None begins anew.

    Returns
    -------
    FrozenInputs

    Raises
    ------
    MissingError
        Nobody knows the rain before the issue time.
    InputError
        The parameters in force, or the rules of quality control, are not right.
    """
    from hydrology.rainfall.sources import RainInputs, rain_ahead, rain_so_far
    from service.learning.parameter_store import ParameterStore

    sensors = city.layer("sensors")
    gauges = sensors[sensors["kind"] == "rain_gauge"]
    readings = judged_readings(city, observations, sensors, moment)
    grids = read_grids(data, city.grid, moment, hours)
    inputs = RainInputs(
        gauges,
        readings,
        grids.radar,
        grids.numerical,
        expected=("gauges", "radar") if grids.is_expected else ("gauges",),
    )
    issue = moment.to_datetime64().astype("datetime64[ns]")
    observed = rain_so_far(inputs, city.grid, issue_time=issue)
    ahead = rain_ahead(inputs, observed, city.grid, issue_time=issue, hours=hours)
    edges = edges_ahead(city, observations, moment, hours, data)
    parameters = ParameterStore(city.folder).in_force()
    analysis, notes = _analysis(last, observed.newest)
    return FrozenInputs(
        gauges=gauges,
        sensors=sensors,
        readings=readings,
        observed=observed,
        future_rain=ahead,
        rain_memory_hours=0.0 if _reaches(grids.numerical, moment, hours) else 6.0,
        edges=edges,
        parameters=parameters,
        analysis=analysis,
        listing=(
            {"name": "city", "sha256": city_digest(city), "newest_time": None},
            {
                "name": "readings",
                "sha256": digest_of(readings),
                "newest_time": iso(observed.newest),
            },
            *edges.listing(),
            *grids.listing,
            {"name": "parameters", "sha256": parameters.digest, "newest_time": None},
            *([] if analysis is None else [last.listed()]),
        ),
        degraded=(*grids.degraded, *edges.notes, *notes),
        heard=_heard(sensors, gauges, readings, moment),
    )


def city_digest(city):
    """SHA-256 of the manifest of a city, which holds those of its files."""
    return hashlib.sha256((Path(city.folder) / "city.toml").read_bytes()).hexdigest()


def _analysis(last, newest):
    """State to go on from, or None, and what is to be said of it.

    One that is newer than the rain, or too old, is no fault: the forecast begins anew.
    """
    from hydrology.forecast.cycle_windows import LONGEST_WAY

    if last is None:
        return None, []
    try:
        analysis = last.read()
    except TwinError as error:
        return None, [f"state: the last cycle's cannot be read ({str(error)[:120]})"]
    if analysis is None or not newest - LONGEST_WAY <= analysis.time <= newest:
        return None, []
    return analysis, []


def _reaches(numerical, moment, hours):
    """Whether a numerical forecast covers the horizon."""
    if numerical is None:
        return False
    end = pd.Timestamp(numerical.attrs.get("valid_to", numerical["time"].values[-1]))
    end = end.tz_convert(None) if end.tzinfo else end
    return end >= moment + pd.Timedelta(hours=hours)


def _heard(sensors, gauges, readings, moment):
    """How many sensors reported something usable in the last hour, of how many."""
    from twin.observations.store import NOT_EVALUATED

    is_usable = (readings["flag"] <= NOT_EVALUATED) & readings["value"].notna()
    is_recent = readings["phenomenon_time"] > (moment - SILENCE).tz_localize("UTC")
    heard = set(readings.loc[is_usable & is_recent, "station_id"])
    layers = {"gauges": gauges, "sensors": sensors}
    return {
        name: [len(heard & set(layer["station_id"].astype(str))), len(layer)]
        for name, layer in layers.items()
    }
