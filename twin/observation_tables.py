"""Tables of the observation store, and how new rows join what is there."""

SCHEMA_VERSION = 1

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS series (
    series_id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL, station_id TEXT NOT NULL, property TEXT NOT NULL,
    UNIQUE (source_id, station_id, property));
CREATE TABLE IF NOT EXISTS reading (
    series_id INTEGER NOT NULL REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS reading_key ON reading (series_id, phenomenon_ms, received_ms);
CREATE TABLE IF NOT EXISTS latest (
    series_id INTEGER PRIMARY KEY REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
PRAGMA user_version = {SCHEMA_VERSION};
"""

# Revisions of one key, oldest first; the texts only break ties, so that order is total.
BY_RECEIPT = "received_ms, value, flag, raw_value, raw_unit"
_NEWEST_FIRST = "received_ms DESC, value DESC, flag DESC, raw_value DESC, raw_unit DESC"

# Of each key and value the row that was received first, whichever came in first.
_MERGE = """
CREATE TEMP TABLE merged AS
WITH everything AS (
    SELECT DISTINCT i.*, NULL AS row FROM incoming i
    UNION ALL
    SELECT r.*, r.rowid FROM (SELECT DISTINCT series_id, phenomenon_ms FROM incoming)
    CROSS JOIN reading r USING (series_id, phenomenon_ms)
)
SELECT *, row_number() OVER (
    PARTITION BY series_id, phenomenon_ms, value, flag
    ORDER BY received_ms, raw_value, raw_unit, row IS NULL) = 1 AS is_news
FROM everything
"""

_FIELDS = "series_id, phenomenon_ms, received_ms, value, flag, raw_value, raw_unit"

# One index seek a series finds its newest time, however long the store is.
_REFRESH_LATEST = f"""
WITH newest AS (
    SELECT series_id, (SELECT max(phenomenon_ms) FROM reading r
                       WHERE r.series_id = i.series_id) AS phenomenon_ms
    FROM (SELECT DISTINCT series_id FROM incoming) i)
INSERT OR REPLACE INTO latest
SELECT {_FIELDS} FROM (
    SELECT r.*, row_number() OVER (
        PARTITION BY r.series_id ORDER BY {_NEWEST_FIRST}) AS place
    FROM newest CROSS JOIN reading r USING (series_id, phenomenon_ms))
WHERE place = 1
"""

REVISIONS = f"""
SELECT s.source_id, s.station_id, s.property, r.*,
       row_number() OVER (
           PARTITION BY r.series_id, r.phenomenon_ms ORDER BY {BY_RECEIPT}) AS revision,
       count(*) OVER (PARTITION BY r.series_id, r.phenomenon_ms) AS revisions
FROM reading r JOIN series s USING (series_id)
WHERE {{where}}
"""


def merge(connection, frame):
    """Add the rows that say something new; returns how many rows were gained."""
    connection.execute(f"CREATE TEMP TABLE incoming AS SELECT {_FIELDS} FROM reading LIMIT 0")
    connection.executemany("INSERT INTO incoming VALUES (?,?,?,?,?,?,?)", _rows(connection, frame))
    connection.execute(_MERGE)
    deleted = connection.execute(
        "DELETE FROM reading WHERE rowid IN (SELECT row FROM merged WHERE row IS NOT NULL "
        "AND NOT is_news)"
    )
    inserted = connection.execute(
        f"INSERT INTO reading SELECT {_FIELDS} FROM merged WHERE row IS NULL AND is_news"
    )
    connection.execute(_REFRESH_LATEST)
    return inserted.rowcount - deleted.rowcount


def _rows(connection, frame):
    """Rows for the table `incoming`, in the order of its columns."""
    names = ["source_id", "station_id", "property"]
    keys = list(frame[names].itertuples(index=False, name=None))
    connection.executemany(
        "INSERT OR IGNORE INTO series (source_id, station_id, property) VALUES (?,?,?)",
        sorted(set(keys)),
    )
    query = "SELECT source_id, station_id, property, series_id FROM series"
    series_of = {tuple(row[:3]): row[3] for row in connection.execute(query)}
    return zip(
        [series_of[key] for key in keys],
        _to_milliseconds(frame["phenomenon_time"]),
        _to_milliseconds(frame["received_time"]),
        [None if value != value else float(value) for value in frame["value"].tolist()],
        frame["flag"].astype(int).tolist(),
        frame["raw_value"].astype(str).tolist(),
        frame["raw_unit"].astype(str).tolist(),
        strict=True,
    )


def _to_milliseconds(times):
    return times.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64").tolist()
