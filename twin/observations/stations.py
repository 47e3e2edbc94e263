"""Stations of the observation store: what stands where, as the sources describe it."""

import pandas as pd
from sqlalchemy import delete, select

from twin.errors import InputError
from twin.observations.rows import clean_text
from twin.observations.tables import ALERT_LEVEL, STATION

STATION_COLUMNS = ("station_id", "name", "kind", "property", "unit", "district")
"""Columns of a layer of stations, besides its points."""

_KEY = ("source_id", "station_id", "property")
_TEXTS = (*_KEY, "name", "kind", "unit", "district")
_CRS = "EPSG:4326"


def add_stations(database, stations, source_id):
    """Keep stations; see `twin.observations.store.ObservationStore.add_stations`."""
    rows, levels = _rows(stations, source_id)
    sources = sorted({key[0] for key in rows})
    is_theirs, of_theirs = STATION.c.source_id.in_(sources), ALERT_LEVEL.c.source_id.in_(sources)
    with database.writing() as connection:
        known = {tuple(row[:3]): tuple(row) for row in connection.execute(_all().where(is_theirs))}
        levels = _levels(connection, of_theirs) | levels
        connection.execute(delete(STATION).where(is_theirs))
        connection.execute(delete(ALERT_LEVEL).where(of_theirs))
        database.fill(connection, STATION, list((known | rows).values()))
        ranked = [(*key, n + 1, one) for key, own in levels.items() for n, one in enumerate(own)]
        database.fill(connection, ALERT_LEVEL, ranked)
    return len(rows)


def read_stations(database):
    """All stations; see `twin.observations.store.ObservationStore.stations`."""
    import geopandas as gpd
    import shapely

    with database.reading() as connection:
        query = _all().order_by(*(STATION.c[name] for name in _KEY))
        frame = pd.read_sql_query(query, connection)
        levels = _levels(connection)
    places = frame[["longitude", "latitude"]].astype(float)
    points = shapely.points(places.to_numpy())
    points[places.isna().any(axis=1).to_numpy()] = None
    frame = frame.drop(columns=["longitude", "latitude"])
    keys = frame[list(_KEY)].itertuples(index=False, name=None)
    frame["alert_levels"] = [levels.get(key, ()) for key in keys]
    columns = ["source_id", *STATION_COLUMNS, "alert_levels"]
    return gpd.GeoDataFrame(frame[columns], geometry=points, crs=_CRS)


def _rows(stations, source_id):
    """Rows and alert levels by their key; the last description of a key counts."""
    absent = [name for name in STATION_COLUMNS if name not in stations.columns]
    if absent:
        raise InputError(
            f"stations without {', '.join(absent)}, expected the columns "
            f"{', '.join(STATION_COLUMNS)} and points"
        )
    if stations.crs is None:
        raise InputError("stations without a reference system, expected one; set their crs")
    points = stations.geometry.to_crs(_CRS)
    if not (points.isna() | points.is_empty | (points.geom_type == "Point")).all():
        raise InputError("stations that are no points, expected one point each; take a point")
    frame = pd.DataFrame(stations.drop(columns=stations.geometry.name))
    frame = frame.assign(longitude=points.x, latitude=points.y)
    if "source_id" not in frame:
        frame["source_id"] = source_id
    rows, levels = {}, {}
    for row in frame.to_dict("records"):
        texts = {name: _text(row[name]) for name in ("source_id", *STATION_COLUMNS)}
        place = _place(row["longitude"], row["latitude"])
        key = tuple(texts[name] for name in _KEY)
        rows[key] = (*(texts[name] for name in _TEXTS), *place)
        if "alert_levels" in row:
            levels[key] = tuple(map(float, row["alert_levels"]))
    return rows, levels


def _levels(connection, condition=None):
    """Alert levels by key, the most severe first."""
    query = select(ALERT_LEVEL).order_by(ALERT_LEVEL.c.rank)
    query = query if condition is None else query.where(condition)
    found = {}
    for *key, _, value in connection.execute(query):
        found[tuple(key)] = (*found.get(tuple(key), ()), value)
    return found


def _all():
    return select(*(STATION.c[name] for name in (*_TEXTS, "longitude", "latitude")))


def _text(value):
    return "" if pd.isna(value) else clean_text(value)


def _place(longitude, latitude):
    """A place on Earth, or none: a wrong place is worse than none."""
    if abs(longitude) <= 180.0 and abs(latitude) <= 90.0:
        return float(longitude), float(latitude)
    return None, None
