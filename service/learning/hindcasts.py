"""Past events of a city forecast again with other parameters, and scored at its sensors."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from service.utc import iso
from service.verification.truth import read_records, usable
from twin.errors import MissingError

LEAST_RAIN = 5e-3
"""Rain over the city that makes an event [m]."""

DRY_SPELL = pd.Timedelta(hours=6)
"""Rain that comes back sooner belongs to the same event."""

INTERVAL = pd.Timedelta(minutes=10)
LOOK_BACK = pd.Timedelta(hours=24)


@dataclass(frozen=True)
class Event:
    """A spell of rain.

    Attributes
    ----------
    name : str
        Its first time, as ISO.
    start, end : pandas.Timestamp
        First and last rain (UTC, naive).
    rain : float
        Fallen over the city [m].
    """

    name: str
    start: pd.Timestamp
    end: pd.Timestamp
    rain: float


def find_events(readings, least_rain=LEAST_RAIN):
    """Spells of rain in the readings of gauges, oldest first.

    Parameters
    ----------
    readings : pandas.DataFrame
        Usable readings of ``rainfall_rate`` [m s-1].
    least_rain : float
        What must fall over the city [m].

    Returns
    -------
    list of Event
    """
    if readings.empty:
        return []
    rate = readings.assign(time=readings["phenomenon_time"].dt.floor(INTERVAL))
    fallen = rate.groupby("time")["value"].mean() * INTERVAL.total_seconds()
    wet = fallen[fallen > 0]
    number = (wet.index.to_series().diff() > DRY_SPELL).cumsum()
    events = []
    for _, rain in wet.groupby(number.to_numpy()):
        start, end = (moment.tz_convert("UTC").tz_localize(None) for moment in rain.index[[0, -1]])
        if rain.sum() >= least_rain:
            events.append(Event(iso(start), start, end, float(rain.sum())))
    return events


def split_events(events):
    """Events to learn from, and the later third of them to be held out.

    Raises
    ------
    MissingError
        There are fewer than two: nothing could be held out.
    """
    if len(events) < 2:
        raise MissingError(
            f"{len(events)} events of rain in the store, expected at least 2: one to learn from "
            "and a later one to be held out; keep the readings of more storms"
        )
    held = max(1, len(events) // 3)
    return events[:-held], events[-held:]


class Hindcasts:
    """Forecasts of past events, each with nothing that came in later.

    Parameters
    ----------
    city : twin.city.City
    observations : twin.observations.store.ObservationStore
        Rain, and the depths that came.
    hours : float
        Horizon [h].
    members : int
        Of each ensemble.
    every : pandas.Timedelta
        Between issue times.
    most_issues : int
        Most issue times of an event, spread over it.
    seed : int
        The same for all parameters, so that differences are no chance.
    """

    def __init__(self, city, observations, *, hours, members, every, most_issues, seed):
        self.city, self.observations = city, observations
        self.hours, self.members, self.seed = hours, members, seed
        self.every, self.most_issues = every, most_issues
        sensors = city.layer("sensors")
        self._gauges = sensors[sensors["kind"] == "rain_gauge"]
        self._sensors = sensors
        self._districts = city.layer("districts") if city.has_layer("districts") else None

    def issue_times(self, event):
        """When an event is forecast: from half an hour after its begin to its end."""
        first = event.start + pd.Timedelta(minutes=30)
        times = pd.date_range(first, max(event.end, first), freq=self.every)
        wanted = np.linspace(0, len(times) - 1, min(len(times), self.most_issues)).round()
        return [times[int(number)] for number in wanted]

    def scores(self, events, parameters, *, assimilates):
        """Table of scores of some events (see `hydrology.skill_gate.KEYS`).

        Parameters
        ----------
        events : list of Event
        parameters : hydrology.forecast.parameter_sets.ParameterSet
        assimilates : bool
            Whether sensors correct the members, as they do in service. Where parameters are
            sought they must not: they would hide what the parameters lack.

        Raises
        ------
        MissingError
            No event has a depth at any place.
        """
        tables = []
        for number, event in enumerate(events):
            for issue in self.issue_times(event):
                said = self._forecast(issue, number, parameters, assimilates)
                tables.append(self._score(said, event))
        tables = [table for table in tables if len(table)]
        if not tables:
            raise MissingError(
                "no depth was seen in these events, expected readings of water_depth at sensors of "
                "the city; keep them in the store"
            )
        return pd.concat(tables, ignore_index=True)

    def _forecast(self, issue, event, parameters, assimilates):
        from hydrology.forecast import forecast as ensemble
        from hydrology.scores.pairing import PointForecast
        from service.cycle.edges import edges_ahead
        from service.cycle.run import member_settings
        from service.edge_water import boundaries_of

        elevation = self.city.terrain["elevation"].values
        edges = edges_ahead(self.city, self.observations, issue, self.hours)
        result = ensemble.forecast(
            self.city.terrain,
            self._gauges,
            self._readings(issue),
            issue_time=issue,
            hours=self.hours,
            members=self.members,
            seed=self.seed,
            boundaries=boundaries_of(
                self.city, self.city.grid, elevation, issue.to_datetime64(), edges.series
            ),
            settings=member_settings(),
            cycle=ensemble.Cycle(
                sensors=self._sensors,
                assimilates=assimilates,
                parameters=parameters,
                districts=self._districts,
            ),
        )
        depth = result.points["water_depth"].transpose("member", "time", "point")
        return PointForecast(
            iso(issue),
            event,
            result.issue_time,
            result.issue_time,
            depth["time"].values.astype("datetime64[ns]"),
            [str(name) for name in depth["point"].values],
            depth.values.astype(float),
        )

    def _readings(self, issue):
        """What was known at the issue time."""
        names = ("rainfall_rate", "water_level", "water_depth", "is_wet")
        return pd.concat(
            [
                self.observations.series(name, issue - LOOK_BACK, issue, known_at=issue)
                for name in names
            ],
            ignore_index=True,
        )

    def _score(self, said, event):
        from hydrology.scores.pairing import pair_times
        from hydrology.scores.probabilistic import crps

        start, end = pd.Timestamp(said.issue), pd.Timestamp(said.times[-1])
        records = read_records(self.observations, start, end + INTERVAL, pd.Timestamp.max)
        districts = dict(
            zip(self._sensors["station_id"].astype(str), self._districts_of(), strict=True)
        )
        pairs = pair_times(said, records, districts, said.times[-1])
        labels = pairs.labels[["issue_time", "place", "district", "lead_minutes"]]
        scored = labels.assign(event=event.name, crps=crps(pairs.members, pairs.observed))
        return scored[np.isfinite(scored["crps"])]

    def _districts_of(self):
        if "district" not in self._sensors:
            return [""] * len(self._sensors)
        return self._sensors["district"].fillna("").astype(str)


def rain_of(observations):
    """Usable rain of the whole store."""
    return usable(observations, "rainfall_rate", None, None, None)
