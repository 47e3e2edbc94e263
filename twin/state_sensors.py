"""What the sensors of a city say at a moment: one row a series, with age, flag and place."""

import numpy as np
import pandas as pd

from twin.state_values import OBSERVED, Value, reading_confidence, stale_after

UNITS = {"rainfall_rate": "m s-1", "water_level": "m", "water_depth": "m"}
"""Units of the store by property; SI."""

LOOK_BACK = pd.Timedelta(hours=24)
"""So far back a reading is looked for that was the newest at a moment of the past."""

REACHES = {"rainfall_rate": 5000.0, "water_level": 300.0, "water_depth": 300.0}
"""How far a sensor may be from an object to say something about it [m]."""


def sensor_table(city, store, now, at=None):
    """Newest reading of each sensor of a city.

    Parameters
    ----------
    city : twin.city.City
        With a layer ``sensors``, or without.
    store : twin.observations.ObservationStore
        Its readings.
    now : datetime-like
        By which ages are counted, UTC.
    at : datetime-like, optional
        A moment of the past: what had been received by then, and ages as of then.

    Returns
    -------
    geopandas.GeoDataFrame
        ``station_id``, ``name``, ``kind``, ``property``, ``unit``, ``value``, ``flag``, ``time``
        (NaT: no reading), ``age_minutes``, ``stale``; points in the CRS of the city. A reading
        that is missing or failed has no value; nothing is younger than it is.
    """
    stations = _stations(city, store)
    readings = _latest(store, stations, at)
    moment = _utc(now if at is None else at)
    table = stations.merge(readings, on=["station_id", "property"], how="left")
    age = (moment - table["time"]).dt.total_seconds() / 60.0
    limit = table["property"].map(stale_after)
    table["age_minutes"] = age
    # A reading from the future is no fresh one either: somebody's clock is wrong.
    table["stale"] = ~((age <= limit) & (age >= -limit))
    return table


def sensor_series(store, station, quantity, start, end):
    """Readings of one sensor, times and values, flagged failures left out.

    Parameters
    ----------
    store : twin.observations.ObservationStore
    station, quantity : str
        Of the sensor.
    start, end : datetime-like
        First and last time, UTC; nothing received after `end` counts.

    Returns
    -------
    tuple of (list of str, list of float)
    """
    rows = store.series(quantity, start, end, known_at=end, stations=[station])
    rows = rows[(rows["flag"] <= 3) & rows["value"].notna()]
    times = [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in rows["phenomenon_time"]]
    return times, [round(float(value), 9) for value in rows["value"]]


def observed_near(table, point, quantity, within=None):
    """The reading that tells most about a place, as `Value`; it says why where there is none.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        `sensor_table`.
    point : shapely geometry
        The object, in the CRS of the table.
    quantity : str
        Property.
    within : float, optional
        How far to look [m]; default `REACHES`.
    """
    reach = REACHES[quantity] if within is None else within
    rows = table[table["property"] == quantity] if len(table) else table
    nothing = {"quantity": quantity, "unit": UNITS[quantity], "kind": OBSERVED, "twin_level": "L2"}
    distance = rows.geometry.distance(point).to_numpy() if len(rows) else np.empty(0)
    if not (distance <= reach).any():
        return Value(**nothing, reason=f"no sensor of {quantity} within {reach:g} m")
    near = rows[distance <= reach].assign(distance=distance[distance <= reach])
    values = [_value(row) for row in near.to_dict("records")]
    return max(values, key=lambda value: (value.confidence or 0.0, -value.distance))


def _value(row):
    flag = None if pd.isna(row["flag"]) else int(row["flag"])
    common = {
        "quantity": row["property"],
        "unit": UNITS.get(row["property"], row.get("unit") or ""),
        "kind": OBSERVED,
        "source": f"{row['station_id']} ({row['source_id']})" if flag else row["station_id"],
        "station": row["station_id"],
        "distance": round(float(row["distance"]), 1),
        "twin_level": "L2",
    }
    if flag is None:
        return Value(**common, reason=f"{row['station_id']} sent nothing that counts here")
    value, age = float(row["value"]), float(row["age_minutes"])
    return Value(
        **common,
        value=value if np.isfinite(value) else None,
        time=f"{row['time']:%Y-%m-%dT%H:%M:%SZ}",
        confidence=reading_confidence(flag, age, row["distance"], row["property"]),
        confidence_by="flag x age x distance of the reading",
        age_minutes=age,
        stale=bool(row["stale"]),
        flag=flag,
        reason=None if np.isfinite(value) else f"flag {flag}: the reading has no value",
    )


def _stations(city, store):
    """Sensors of the city's layer, and those that the store places beside it."""
    import geopandas as gpd

    columns = ["station_id", "name", "kind", "property", "unit"]
    parts = [gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=city.crs)]
    for frame in (city.layer("sensors") if city.has_layer("sensors") else None, store.stations()):
        if frame is None or not len(frame) or not {"station_id", "property"} <= set(frame):
            continue
        frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(city.crs)
        parts.append(frame.reindex(columns=[*columns, "geometry"]))
    west, south, east, north = city.grid.bounds
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = gpd.GeoDataFrame(table, geometry="geometry", crs=city.crs)
    table = table.cx[west:east, south:north] if len(table) else table
    return table.drop_duplicates(["station_id", "property"], ignore_index=True)


def _latest(store, stations, at):
    if at is None:
        rows = store.latest()
    else:
        moment = _utc(at)
        rows = [
            store.series(quantity, moment - LOOK_BACK, moment, known_at=moment)
            for quantity in sorted(set(stations["property"].dropna()))
        ]
        rows = pd.concat(rows) if rows else store.latest().iloc[:0]
    rows = rows.sort_values("phenomenon_time", kind="stable")
    rows = rows.drop_duplicates(["station_id", "property"], keep="last")
    rows = rows.rename(columns={"phenomenon_time": "time", "received_time": "received"})
    return rows[["station_id", "property", "time", "received", "value", "flag", "source_id"]]


def _utc(moment):
    stamp = pd.Timestamp(moment)
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
