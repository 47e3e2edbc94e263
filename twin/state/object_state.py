"""Everything that is known of one object: observed, simulated and forecast, now and over time."""

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.state.districts import district_values
from twin.state.pipe_flow import drain_flow
from twin.state.run_values import run_values
from twin.state.run_water import QUANTILES
from twin.state.sensors import REACHES, observed_near
from twin.state.values import OBSERVED, Value, plain_number

PROPERTIES = {
    "building": ("water_depth", "rainfall_rate"),
    "road": ("water_depth",),
    "underpass": ("water_depth",),
    "drain": ("water_level", "discharge"),
    "pump": ("pump_state", "water_level"),
    "gate": ("gate_state", "water_level"),
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
    objects : twin.state.city_objects.CityObjects
        Of the city.
    runs : sequence of twin.state.run_objects.RunObjects
        The runs that speak; at most one a kind makes sense.
    sensors : twin.state.sensors.CitySensors or None
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
        found : twin.state.object_classes.FoundObject
            Which.
        moment : datetime-like
            For which moment depths are asked, UTC.

        Returns
        -------
        dict
            ``id``, ``class``, ``name``, ``name_zh``, ``district`` (in which its middle lies),
            ``layer``, ``row``, ``attributes``, ``time``, ``values`` (of
            `twin.state.values.Value`) and ``history``.
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
            "district": self._district(found),
            "layer": found.layer,
            "row": found.row,
            "attributes": found.attributes | self._design(found),
            "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "values": [value.as_dict() for value in values],
            "history": self._history(found, values),
        }

    def _design(self, found):
        """What an object was built for: of a drain the flow that it carries full."""
        if found.kind != "drain":
            return {}
        flow = drain_flow(found.attributes, found.shape.length, self.objects.layer("manholes"))
        return {"full_flow_m3_s": None if flow is None else round(flow, 4)}

    def _district(self, found):
        if found.kind == "district":
            return found.name
        return self.objects.district_names(found.layer, [found.row])[0]

    def _observed(self, found):
        properties = PROPERTIES[found.kind]
        if self.sensors is None:
            return [
                Value(name, "", OBSERVED, reason="the city has no readings") for name in properties
            ]
        if found.kind == "district":
            return _of_stations(self.sensors.table, found.shape)
        ground = self.objects.ground(found)
        table = self.sensors.table
        return [observed_near(table, found.shape, name, ground=ground) for name in properties]

    def _of_run(self, found, run, moment):
        if found.kind == "district":
            return district_values(found, run, moment)
        return run_values(found, run, moment)

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
