"""What the sensors of a city say at a moment: one row a series, with age, flag and place."""

import math
from functools import cached_property

import numpy as np
import pandas as pd

from twin.observations.store import NOT_EVALUATED
from twin.state.values import OBSERVED, Value, plain_number, reading_confidence, stale_after

UNITS = {
    "rainfall_rate": "m s-1",
    "water_level": "m",
    "water_depth": "m",
    "discharge": "m3 s-1",
    "pump_state": "1",
    "gate_state": "1",
}
"""Units of the store by property; SI."""

STATES = {"pump_state": ("stands", "runs"), "gate_state": ("shut", "open")}
"""What 0 and 1 mean; a half is half open, or some of the pumps."""

WINDOW = pd.Timedelta(hours=6)
"""So far back histories go, and readings of the past where newer ones came since."""

REACHES = {
    "rainfall_rate": 5000.0,
    "water_level": 300.0,
    "water_depth": 300.0,
    "discharge": 300.0,
    "pump_state": 100.0,
    "gate_state": 100.0,
}
"""How far a sensor may be from an object to say something about it [m]."""

OWN = 20.0
"""A depth sensor that is no farther from an object measures the object itself [m]."""

GROUND_SCALE = 0.5
"""Difference of ground over which a depth says a third of what it says at its own sensor [m]."""


class CitySensors:
    """The sensors of a city as of one moment, with the readings of the hours before it.

    Parameters
    ----------
    objects : twin.state.city_objects.CityObjects
        With a layer ``sensors``, or without.
    store : twin.observations.store.ObservationStore
        Its readings.
    now : datetime-like
        What the clock reads, UTC: nothing that was received or holds later is told, so that an
        exercise on a clock of the past does not see what came after.
    at : datetime-like, optional
        A moment of the past: only what had been received by then, and ages as of then. A moment
        that is still to come counts as `now`.
    """

    def __init__(self, objects, store, now, at=None):
        self.objects = objects
        self.store = store
        self.moment = _utc(now) if at is None else min(_utc(at), _utc(now))
        self._windows = {}

    @cached_property
    def table(self):
        """Newest reading of each sensor, points in the CRS of the city.

        GeoDataFrame of ``station_id``, ``name``, ``kind``, ``property``, ``unit``, ``elevation``
        [m], ``alert_levels`` (most severe first, SI), ``value``, ``flag``, ``time`` (NaT: no
        reading), ``received``, ``source_id``, ``age_minutes``, ``stale``, which is true as well
        where nothing was read, and ``alert_level``: which of its alert levels is reached, 1 the
        most severe; 0 where none is, where the reading is stale or quality control doubts it.
        """
        stations = _stations(self.objects, self.store)
        table = stations.merge(self._newest(), on=["station_id", "property"], how="left")
        age = (self.moment - table["time"]).dt.total_seconds() / 60.0
        limit = table["property"].map(stale_after)
        table["age_minutes"] = age
        table["stale"] = ~(age <= limit)
        is_sure = ~table["stale"] & (table["flag"] <= NOT_EVALUATED)
        levels = zip(table["alert_levels"], table["value"].where(is_sure), strict=True)
        table["alert_level"] = [alert_level(own, value) for own, value in levels]
        return table

    def history(self, station, quantity):
        """Readings of one sensor over `WINDOW`, times and values; failed ones are left out."""
        rows = self._window(quantity)
        rows = rows[(rows["station_id"] == station) & (rows["flag"] <= 3) & rows["value"].notna()]
        times = [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in rows["phenomenon_time"]]
        return times, [plain_number(float(value)) for value in rows["value"]]

    @cached_property
    def _latest(self):
        """Newest reading of each series, and whether it had been received by the moment."""
        rows = self.store.latest()
        is_known = rows[["phenomenon_time", "received_time"]].max(axis=1) <= self.moment
        return rows.assign(is_known=is_known)

    def _newest(self):
        rows = self._latest
        # what came after the moment gives way to what stood there before
        windows = [self._window(name) for name in sorted(set(rows["property"][~rows["is_known"]]))]
        rows = pd.concat([rows[rows["is_known"]], *windows]) if windows else rows
        rows = rows.sort_values("phenomenon_time", kind="stable")
        rows = rows.drop_duplicates(["station_id", "property"], keep="last")
        rows = rows.rename(columns={"phenomenon_time": "time", "received_time": "received"})
        return rows[["station_id", "property", "time", "received", "value", "flag", "source_id"]]

    def _window(self, quantity):
        """Readings of a property before the moment; of a store that is old, before its newest."""
        if quantity not in self._windows:
            rows = self._latest[self._latest["property"] == quantity]
            is_old = len(rows) > 0 and rows["is_known"].all()
            end = min(self.moment, rows["phenomenon_time"].max()) if is_old else self.moment
            self._windows[quantity] = self.store.series(
                quantity, end - WINDOW, end, known_at=self.moment
            )
        return self._windows[quantity]


def alert_level(levels, value):
    """Which of some levels, the most severe first, a value reaches: 1, 2 ...; 0 for none.

    Examples
    --------
    >>> [alert_level((3.0, 2.0), value) for value in (3.5, 2.0, 1.0, float("nan"))]
    [1, 2, 0, 0]
    """
    return next((rank for rank, level in enumerate(levels, start=1) if value >= level), 0)


def observed_near(table, shape, quantity, within=None, ground=None):
    """The reading that tells most about a place, as `Value`; it says why where there is none.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        `CitySensors.table`.
    shape : shapely geometry
        The object, in the CRS of the table.
    quantity : str
        Property. A depth of a sensor that is not the object's own is called
        ``water_depth_nearby``: water that is deep in an underpass may be absent beside it.
    within : float, optional
        How far to look [m]; default `REACHES`.
    ground : float, optional
        Ground at the object [m]: a depth measured on other ground counts less.
    """
    reach = REACHES[quantity] if within is None else within
    rows = table[(table["property"] == quantity).to_numpy(bool)]
    distance = rows.geometry.distance(shape).to_numpy() if len(rows) else np.empty(0)
    if not (distance <= reach).any():
        reason = f"no sensor of {quantity} within {reach:g} m"
        return Value(quantity, UNITS[quantity], OBSERVED, reason=reason)
    near = rows[distance <= reach].assign(distance=distance[distance <= reach])
    values = [_value(row, ground) for row in near.to_dict("records")]
    return max(values, key=lambda value: (value.confidence or 0.0, -value.distance))


def _value(row, ground):
    flag = None if pd.isna(row["flag"]) else int(row["flag"])
    distance, quantity = float(row["distance"]), row["property"]
    is_near = quantity == "water_depth" and distance > OWN
    common = {
        "quantity": "water_depth_nearby" if is_near else quantity,
        "unit": UNITS.get(quantity, str(row["unit"])),
        "kind": OBSERVED,
        "source": row["station_id"] if flag is None else f"{row['station_id']}, {row['source_id']}",
        "station": row["station_id"],
        "distance": round(distance, 1),
        "twin_level": "L2",
        "meaning": _meaning(row, distance, is_near),
    }
    if flag is None:
        return Value(**common, reason=f"{row['station_id']} sent nothing that counts here")
    value, age = float(row["value"]), float(row["age_minutes"])
    confidence = reading_confidence(flag, age, distance, quantity)
    if is_near and ground is not None:
        step = abs(float(row["elevation"]) - ground)
        confidence *= math.exp(-step / GROUND_SCALE) if math.isfinite(step) else 0.5
    return Value(
        **common,
        value=value if np.isfinite(value) else None,
        time=f"{row['time']:%Y-%m-%dT%H:%M:%SZ}",
        confidence=confidence,
        confidence_by="flag x age x distance x ground" if is_near else "flag x age x distance",
        age_minutes=age,
        stale=bool(row["stale"]),
        flag=flag,
        reason=None if np.isfinite(value) else f"flag {flag}: the reading has no value",
    )


def _meaning(row, distance, is_near):
    """What a reading means, in words; None where its number says it."""
    if is_near:
        name = row["station_id"] if pd.isna(row["name"]) else row["name"]
        return f"measured at {name}, {distance:.0f} m away"
    words, value = STATES.get(row["property"]), row["value"]
    if words is None or pd.isna(value):
        return None
    return words[int(value)] if value in (0.0, 1.0) else "partly"


def _stations(objects, store):
    """Sensors of the city's layer, and those that the store places beside it."""
    import geopandas as gpd

    crs, columns = objects.city.crs, ["station_id", "name", "kind", "property", "unit", "elevation"]
    parts, placed = [], store.stations()
    names = placed["station_id"], placed["property"]
    levels = dict(zip(zip(*names, strict=True), placed["alert_levels"], strict=True))
    for frame in (objects.layer("sensors"), placed):
        if frame is not None and len(frame) and {"station_id", "property"} <= set(frame):
            frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(crs)
            parts.append(frame.reindex(columns=[*columns, "geometry"]))
    if not any(len(part) for part in parts):
        empty = {name: [] for name in (*columns, "alert_levels")}
        return gpd.GeoDataFrame(empty, geometry=[], crs=crs)
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    west, south, east, north = objects.city.grid.bounds
    table = gpd.GeoDataFrame(table, geometry="geometry", crs=crs).cx[west:east, south:north]
    table = table.drop_duplicates(["station_id", "property"], ignore_index=True)
    keys = table[["station_id", "property"]].itertuples(index=False, name=None)
    table["alert_levels"] = [levels.get(key, ()) for key in keys]
    return table


def _utc(moment):
    stamp = pd.Timestamp(moment)
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
