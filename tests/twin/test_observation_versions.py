"""A store of an older version is brought up to date, whole or not at all, and not twice."""

import sqlite3
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
import sqlalchemy

from tests.twin.readings import NOON, frame, reading
from twin.errors import InputError
from twin.observations.store import ObservationStore

VERSION_1 = """
CREATE TABLE series (
    series_id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL, station_id TEXT NOT NULL, property TEXT NOT NULL,
    UNIQUE (source_id, station_id, property));
CREATE TABLE reading (
    series_id INTEGER NOT NULL REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
CREATE INDEX reading_key ON reading (series_id, phenomenon_ms, received_ms);
CREATE TABLE latest (
    series_id INTEGER PRIMARY KEY REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
PRAGMA user_version = 1;
"""
"""What version 1 made."""

READ_BY_VERSION_1 = """
SELECT s.source_id, s.station_id, s.property, r.*, row_number() OVER (
    PARTITION BY r.series_id, r.phenomenon_ms
    ORDER BY received_ms, value, flag, raw_value, raw_unit) AS revision
FROM reading r JOIN series s USING (series_id) WHERE s.property = 'rainfall_rate'
"""
"""How version 1 read."""

ROWS = [reading(i * 1e-6, i, 400 + i, station=f"G{i % 7}") for i in range(300)]
ROWS += [reading(9e-6, 7, 900, station="G0"), reading(float("nan"), 8, 901, "G1", flag=9)]


def make_version_1(folder):
    with sqlite3.connect(folder / "observations.sqlite") as connection:
        connection.executescript(VERSION_1)
        names = sorted({row["station_id"] for row in ROWS})
        for number, name in enumerate(names):
            key = (number, "sample", name, "rainfall_rate")
            connection.execute("INSERT INTO series VALUES (?,?,?,?)", key)
        for row in ROWS:
            times = [int(row[f"{name}_time"].timestamp() * 1000) for name in
                     ("phenomenon", "received")]  # fmt: skip
            value = None if row["value"] != row["value"] else row["value"]
            rest = (value, row["flag"], row["raw_value"], row["raw_unit"])
            number = names.index(row["station_id"])
            connection.execute(
                "INSERT INTO reading VALUES (?,?,?,?,?,?,?)", (number, *times, *rest)
            )
        connection.execute(
            "INSERT INTO latest SELECT * FROM reading r WHERE phenomenon_ms = (SELECT "
            "max(phenomenon_ms) FROM reading k WHERE k.series_id = r.series_id)"
        )
    connection.close()


def test_a_full_store_of_version_1_goes_on_as_if_it_had_been_new(tmp_path):
    """R-22."""
    make_version_1(tmp_path)
    new = ObservationStore(tmp_path / "new")
    new.append(frame(*ROWS))
    old = ObservationStore(tmp_path, create=False)
    assert old.digest() == new.digest()
    pd.testing.assert_frame_equal(old.series("rainfall_rate"), new.series("rainfall_rate"))
    pd.testing.assert_frame_equal(old.latest(), new.latest())
    late = frame(*ROWS, reading(5e-6, 3, 950, station="G3"))
    assert old.append(late)["kept"] == 1
    assert len(old.changed_since(NOON + pd.Timedelta(minutes=940))) == 1
    assert old.archive(NOON + pd.Timedelta(days=9))["rows"] == len(ROWS) + 1


def test_what_read_a_store_of_version_1_still_reads_it(tmp_path):
    """R-22: tables were added, none was changed."""
    make_version_1(tmp_path)
    with sqlite3.connect(tmp_path / "observations.sqlite") as connection:
        before = connection.execute(READ_BY_VERSION_1).fetchall()
        ObservationStore(tmp_path)
        assert connection.execute(READ_BY_VERSION_1).fetchall() == before
    assert len(before) == len(ROWS)


def test_a_killed_step_up_leaves_a_store_of_version_1(tmp_path):
    """R-22."""
    make_version_1(tmp_path)
    script = """
        import os, signal, sys, sqlalchemy
        from twin.observations.store import ObservationStore
        die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        sqlalchemy.event.listen(sqlalchemy.engine.Engine, "commit", die)
        ObservationStore(sys.argv[1])
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    assert subprocess.run(command, capture_output=True).returncode == -9
    with sqlite3.connect(tmp_path / "observations.sqlite") as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert "verdict" not in tables
    assert len(ObservationStore(tmp_path).series("rainfall_rate")) == 300


def test_a_newer_store_is_refused_on_postgresql_too(new_database):
    address = new_database()
    ObservationStore(address)
    ObservationStore(address)
    with sqlalchemy.create_engine(address).begin() as connection:
        connection.exec_driver_sql("INSERT INTO store_version VALUES (99)")
    with pytest.raises(InputError, match="store version 99"):
        ObservationStore(address)


WRITER = """
    import sys
    from tests.twin.readings import frame, reading
    from twin.observations.store import ObservationStore

    store = ObservationStore(sys.argv[1])
    for i in range(20):
        store.append(frame(*(reading(j * 1e-6, i, i + 2, station=f"G{j}") for j in range(20))))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_four_processes_that_make_and_fill_one_store_lose_and_double_nothing(
    kind, tmp_path, request
):
    where = tmp_path if kind == "sqlite" else request.getfixturevalue("new_database")()
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(where)]
    writers = [
        subprocess.Popen(command, stderr=subprocess.PIPE, cwd=request.config.rootpath)
        for _ in range(4)
    ]
    told = [writer.communicate(timeout=120)[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, told
    kept = ObservationStore(where).series("rainfall_rate")
    assert (len(kept), kept["revision"].max()) == (400, 1)
