"""Everything that is known of one object: observed, simulated and forecast, now and over time."""

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.district_state import district_values
from twin.exposure import THRESHOLDS
from twin.hazard import ARR_MEANINGS, UNKNOWN
from twin.passability import VEHICLES, is_passable, safe_speed
from twin.run_objects import PROBABLE_DEPTH, WET
from twin.run_water import QUANTILES
from twin.state_sensors import REACHES, observed_near
from twin.state_values import OBSERVED, Value, plain_number, run_value, spread_confidence

ONE_RUN = "one run of assumed rain: nothing is known of its spread"
OF_SPREAD = "agreement of the members on the depth"
PROPERTIES = {
    "building": ("water_depth", "rainfall_rate"),
    "road": ("water_depth",),
    "underpass": ("water_depth",),
    "drain": ("water_level",),
    "pump": ("water_level",),
    "gate": ("water_level",),
    "shelter": ("water_depth", "rainfall_rate"),
    "place": ("water_depth", "rainfall_rate"),
    "district": (),
    "spot": ("water_depth", "rainfall_rate"),
}
"""What sensors tell about objects of a class."""


class ObjectStates:
    """Answers what is known of an object, from the runs and the sensors of its city.

    Parameters
    ----------
    objects : twin.city_objects.CityObjects
        Of the city.
    runs : sequence of twin.run_objects.RunObjects
        The runs that speak; at most one a kind makes sense.
    sensors : twin.state_sensors.CitySensors or None
        Its sensors; None where the city has no readings.
    """

    def __init__(self, objects, runs, sensors=None):
        self.objects = objects
        self.runs = list(runs)
        self.sensors = sensors

    def record(self, found, moment):
        """One object with its values and their history.

        Parameters
        ----------
        found : twin.city_objects.FoundObject
            Which.
        moment : datetime-like
            For which moment depths are asked, UTC.

        Returns
        -------
        dict
            ``id``, ``class``, ``name``, ``name_zh``, ``layer``, ``row``, ``attributes``,
            ``time``, ``values`` (of `twin.state_values.Value`) and ``history``.
        """
        moment = pd.Timestamp(moment)
        moment = moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo else moment
        values = self._observed(found)
        for run in self.runs:
            values += self._of_run(found, run, moment)
        return {
            "id": found.id,
            "class": found.kind,
            "name": found.name,
            "name_zh": found.attributes.get("name_zh"),
            "layer": found.layer,
            "row": found.row,
            "attributes": found.attributes,
            "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "values": [value.as_dict() for value in values],
            "history": self._history(found, values),
        }

    def _observed(self, found):
        properties = PROPERTIES[found.kind]
        if self.sensors is None:
            return [
                Value(name, "", OBSERVED, twin_level="L2", reason="the city has no readings")
                for name in properties
            ]
        if found.kind == "district":
            return _of_stations(self.sensors.table, found.shape)
        ground = self.objects.ground(found)
        table = self.sensors.table
        return [observed_near(table, found.shape, name, ground=ground) for name in properties]

    def _of_run(self, found, run, moment):
        if found.kind == "district":
            return district_values(found, run, moment)
        if run.mismatch:
            return [run_value(run, "water_depth", "m", reason=run.mismatch)]
        values = [depth_now(run, found.layer, found.row, moment)]
        values += depth_over_run(run, found.layer, found.row)
        if found.kind == "building":
            values += _building_values(found, run)
        if found.kind in ("road", "underpass"):
            values += _road_values(found, run, values[0], self.objects.is_bridge)
        if found.kind == "drain":
            values.append(
                run_value(run, "water_level", "m", reason="runs keep no water level inside drains")
            )
        return values

    def _history(self, found, values):
        entries = []
        for value in values:
            if value.kind == OBSERVED and value.station:
                quantity = value.quantity.removesuffix("_nearby")
                times, numbers = self.sensors.history(value.station, quantity)
                more = {"source": value.station}
                entries.append(_entry(value.quantity, OBSERVED, value.unit, times, numbers, **more))
        for run in self.runs:
            if not run.mismatch and found.kind != "district":
                entries.append(_course(found, run))
        return entries


def depth_now(run, layer, row, moment):
    """Depth at an object at a moment, or why the run has none."""
    step = run.water.step_at(np.datetime64(moment, "s"))
    times = run.water.times
    if step is None:
        return run_value(
            run, "water_depth", "m", reason=f"the run covers {times[0]}Z to {times[-1]}Z"
        )
    depth = run.depth_at(layer, row, step)
    if not np.isfinite(depth):
        return run_value(run, "water_depth", "m", time=f"{times[step]}Z", reason=_unknown(layer))
    return run_value(
        run,
        "water_depth",
        "m",
        value=depth,
        time=f"{times[step]}Z",
        confidence_by="the member nearest to the median" if run.water.is_forecast else ONE_RUN,
        confidence=_sureness(run, layer, row),
    )


def depth_over_run(run, layer, row):
    """Largest depth, its chance, when the water comes and its hazard, over the whole run."""
    largest, times = float(run.largest(layer)[row]), run.water.times
    if not np.isfinite(largest):
        return [run_value(run, "max_depth", "m", reason=_unknown(layer))]
    spread = run.quantiles(layer)
    low, high = (None, None) if spread is None else (float(spread[0, row]), float(spread[2, row]))
    course = run.course(layer, row)
    values = [
        run_value(
            run,
            "max_depth",
            "m",
            value=largest,
            p10=low,
            p90=high,
            time=f"{times[int(np.nanargmax(course))]}Z",
            confidence=_sureness(run, layer, row),
            confidence_by=OF_SPREAD if run.water.is_forecast else ONE_RUN,
        )
    ]
    chance = run.probability(layer)
    if run.water.is_forecast:
        values.append(
            run_value(
                run,
                "probability",
                "1",
                value=None if chance is None else float(chance[row]),
                meaning=f"of more than {PROBABLE_DEPTH} m",
                reason="the run keeps no probabilities" if chance is None else None,
            )
        )
    arrival = float(run.arrival(layer)[row])
    values.append(
        run_value(
            run,
            "arrival",
            "s",
            value=arrival,
            time=f"{times[0] + np.timedelta64(int(arrival), 's')}Z" if arrival >= 0 else None,
            meaning=f"after the start of the run, first deeper than {WET} m",
            reason=None if arrival >= 0 else f"never deeper than {WET} m in this run",
        )
    )
    return [*values, _hazard_value(run, layer, row)]


def _hazard_value(run, layer, row):
    classes = run.hazard(layer)
    if classes is None or classes[row] == UNKNOWN:
        reason = "the run keeps no speed" if classes is None else "no speed is known here"
        return run_value(run, "hazard_class", "AR&R", reason=reason)
    number = int(classes[row])
    return run_value(run, "hazard_class", "AR&R", value=number, meaning=ARR_MEANINGS[number])


def _building_values(found, run):
    """People in the water, and what it costs."""
    largest, spread = run.largest(found.layer), run.quantiles(found.layer)
    if not np.isfinite(largest[found.row]):
        return [run_value(run, "people_exposed", "people", reason=_unknown(found.layer))]
    people = found.attributes.get("occupants")
    values = []
    if not isinstance(people, int | float):
        reason = "nobody says how many people are in it"
        values.append(run_value(run, "people_exposed", "people", reason=reason))
    else:
        more = {"meaning": f"people in it if the water is deeper than {THRESHOLDS[0]} m"}
        if spread is not None:
            low, high = (people if spread[q, found.row] > THRESHOLDS[0] else 0 for q in (0, 2))
            more |= {"p10": low, "p90": high}
        count = people if largest[found.row] > THRESHOLDS[0] else 0
        values.append(run_value(run, "people_exposed", "people", value=count, **more))
    cost, row = run.damage, found.row
    values.append(
        run_value(
            run,
            "damage_degree",
            "1",
            value=float(cost.degree[row]),
            p10=float(cost.low[row]),
            p90=float(cost.high[row]),
            meaning=f"share of its value lost; JRC curve of {cost.region}, "
            "range of all regions over the range of depths",
        )
    )
    if cost.loss is not None and np.isfinite(cost.loss[row]):
        values.append(run_value(run, "damage", "currency", value=float(cost.loss[row])))
    return values


def _road_values(found, run, now, is_bridge):
    """Who gets through, and how fast a car may go."""
    if is_bridge[found.row]:
        reason = "a bridge: the water of the model runs under it"
        return [run_value(run, "passable", "", value=True, meaning=reason)]
    if now.value is None:
        return [run_value(run, "passable", "", time=now.time, reason=now.reason)]
    values = []
    for name, vehicle in VEHICLES.items():
        passable = bool(is_passable(now.value, vehicle))
        values.append(
            run_value(
                run,
                f"passable_{name}",
                "",
                value=passable,
                time=now.time,
                meaning=f"limit {vehicle.limit:g} m",
            )
        )
    speed = float(safe_speed(now.value, np.inf, VEHICLES["car"])) * 3.6
    return [*values, run_value(run, "safe_speed_car", "km/h", value=speed, time=now.time)]


def _sureness(run, layer, row):
    spread = run.quantiles(layer)
    return None if spread is None else spread_confidence(*spread[:, row].astype(float))


def _unknown(layer):
    what = "around it" if layer == "buildings" else "under it"
    return f"no ground of the model lies {what}, or it is a bridge"


def _course(found, run):
    members = _members_at(found, run)
    if members is not None:
        return members
    times = [f"{time}Z" for time in run.water.times]
    depths = [plain_number(float(depth)) for depth in run.course(found.layer, found.row)]
    return _entry("water_depth", run.water.kind, "m", times, depths, run=run.water.run_id,
                  source=run.water.manifest.get("model_version", ""))  # fmt: skip


def _members_at(found, run):
    """Course of all members at a known spot, its median with P10 and P90; None elsewhere."""
    points = run.water.points
    if points is None or found.kind != "spot" or found.id not in points["point"].values:
        return None
    depth = points["water_depth"].sel(point=found.id).values
    low, median, high = np.quantile(depth, QUANTILES, axis=0)
    times = [f"{time}Z" for time in points["time"].values.astype("datetime64[s]")]
    numbers = [[plain_number(float(value)) for value in row] for row in (median, low, high)]
    return _entry(
        "water_depth",
        run.water.kind,
        "m",
        times,
        numbers[0],
        p10=numbers[1],
        p90=numbers[2],
        run=run.water.run_id,
        source=f"{depth.shape[0]} members of {run.water.manifest.get('model_version')}",
    )


def _entry(quantity, kind, unit, times, values, **more):
    return {
        "quantity": quantity, "kind": kind, "unit": unit, "times": times, "values": values,
        "source": "", "run": None, **more,
    }  # fmt: skip


def _of_stations(sensors, shape):
    """Deepest water and strongest rain that sensors of a district measure."""
    inside = sensors[sensors.geometry.intersects(shape)] if len(sensors) else sensors
    values = []
    for quantity in ("water_depth", "rainfall_rate"):
        rows = inside[(inside["property"] == quantity) & inside["value"].notna()]
        fresh = rows[~rows["stale"]]
        rows = fresh if len(fresh) else rows
        if not len(rows):
            values.append(observed_near(inside, shape, quantity, within=REACHES[quantity]))
            continue
        worst = rows.loc[[rows["value"].astype(float).idxmax()]]
        highest = replace(observed_near(worst, shape, quantity), confidence=None)
        values.append(replace(highest, meaning="highest of the sensors in the district"))
    return values
