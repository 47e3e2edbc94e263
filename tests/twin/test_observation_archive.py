"""Archiving moves days into Parquet files and changes no answer, whatever happens on the way."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.twin.readings import NOON, frame, reading
from twin.errors import DeviceError, InputError, MissingError
from twin.observations.store import ObservationStore

ROOT = Path(__file__).resolve().parents[2]
DAY = 24 * 60
LATER = NOON + pd.Timedelta(days=30)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """A store with three days of two gauges, a correction and a verdict, on each database."""
    where = tmp_path if request.param == "sqlite" else request.getfixturevalue("new_database")()
    store = ObservationStore(where, archive_folder=tmp_path / "[old] days")
    fill(store)
    return store


def fill(store):
    names = ("G1", "../G2")
    rows = [reading(i * 1e-7, i * 360, i * 360 + 2, name) for i in range(-6, 6) for name in names]
    rows.append(reading(np.nan, -DAY, 3 - DAY, flag=9))
    rows.append(reading(8e-6, -DAY - 360, 600 - DAY))
    store.append(frame(*rows))
    store.judge(verdict(-DAY - 360, 4, 5))
    store.judge(verdict(5 * 360, 3, 2))


def verdict(minutes, flag, tests, station="G1"):
    row = reading(0.0, minutes, station=station)
    keys = ("source_id", "station_id", "property", "phenomenon_time")
    return pd.DataFrame([{**{key: row[key] for key in keys}, "flag": flag, "tests": tests}])


def answers(store):
    at = {"known_at": NOON - pd.Timedelta(minutes=DAY)}
    return [
        store.series("rainfall_rate"),
        store.series("rainfall_rate", **at),
        store.series("rainfall_rate", NOON - pd.Timedelta(days=1), NOON, stations=["../G2"]),
        store.latest(),
        store.changed_since(NOON - pd.Timedelta(minutes=DAY - 5)),
        pd.DataFrame([store.newest_time(), store.newest_time(**at), store.digest()]),
    ]


def require_same(one, other):
    for a, b in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_archived_days_answer_as_before_and_come_back_for_late_readings(store, tmp_path):
    before = answers(store)
    assert store.archive(NOON) == {"days": 1, "rows": 8 + 2}
    require_same(answers(store), before)
    assert store.archive(LATER) == {"days": 2, "rows": 16}
    require_same(answers(store), before)
    assert len(list((tmp_path / "[old] days").glob("source=sample/date=*/*.parquet"))) == 3
    assert store.archive(LATER) == {"days": 0, "rows": 0}
    assert store.append(frame(reading(-6e-7, -6 * 360, -5 * 360)))["duplicate"] == 1
    assert store.archive(LATER)["days"] == 0  # a duplicate brings nothing back
    assert store.append(frame(reading(7e-6, -DAY, 9)))["kept"] == 1
    assert store.series("rainfall_rate")["value"].tolist().count(7e-6) == 1
    unchanged = store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=8))
    assert 7e-6 not in unchanged["value"].tolist()
    with_news = answers(store)
    assert store.archive(LATER)["days"] == 1
    require_same(answers(store), with_news)


def test_a_verdict_on_an_archived_reading_counts(store):
    store.archive(LATER)
    store.judge(verdict(-DAY, 3, 1, station="../G2"))
    kept = store.series("rainfall_rate", stations=["../G2"])
    assert kept.loc[kept["tests"] == 1, "flag"].tolist() == [3]
    flags = store.series("rainfall_rate", stations=["G1"]).set_index("tests")["flag"]
    assert (flags[5], flags[2]) == (4, 3)  # those from before the archive


def test_other_programs_can_read_the_files(store, tmp_path):
    store.archive(LATER)
    files = [str(file).replace("[", "[[]", 1) for file in tmp_path.rglob("*.parquet")]
    query = "SELECT count(*), min(epoch_ms(phenomenon_time)), typeof(max(phenomenon_time)) FROM "
    count, first, kind = duckdb.sql(f"{query} read_parquet({files})").fetchall()[0]
    assert (count, kind) == (26, "TIMESTAMP WITH TIME ZONE")
    assert pd.Timestamp(first, unit="ms", tz="UTC") == NOON - pd.Timedelta(days=1, hours=12)


def test_a_file_that_is_gone_or_damaged_is_named_and_nothing_made_up(tmp_path):
    store = ObservationStore(tmp_path)
    fill(store)
    store.archive(LATER)
    file = sorted((tmp_path / "archive").rglob("*.parquet"))[0]
    content = file.read_bytes()
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(DeviceError, match="cannot be read"):
        store.series("rainfall_rate")
    file.unlink()
    with pytest.raises(MissingError, match="bring it back from a backup"):
        store.series("rainfall_rate")
    file.write_bytes(content)
    assert len(store.series("rainfall_rate")) == 24


def test_files_that_nobody_names_go_once_nobody_can_read_them(tmp_path):
    store = ObservationStore(tmp_path)
    fill(store)
    store.archive(LATER)
    file = sorted((tmp_path / "archive").rglob("*.parquet"))[0]
    os.utime(file, (0, 0))
    store.append(frame(reading(9e-6, -6 * 360, 9)))  # its day comes back
    store.archive(NOON - pd.Timedelta(days=9))
    assert file.exists()  # somebody may be reading
    os.utime(file, (0, 0))
    store.archive(NOON - pd.Timedelta(days=9))
    assert not file.exists()
    assert len(list((tmp_path / "archive").rglob("*.parquet"))) == 2


def test_postgresql_without_a_folder_for_it_does_not_archive(new_database):
    with pytest.raises(InputError, match="no folder was named"):
        ObservationStore(new_database()).archive(NOON)


KILLED = """
    import os, signal, sys
    import sqlalchemy
    from twin.observations import archive as observation_archive
    from twin.observations.store import ObservationStore

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    step, where, folder = sys.argv[1:]
    store = ObservationStore(where, archive_folder=folder)
    if step == "commit":
        sqlalchemy.event.listen(sqlalchemy.engine.Engine, "commit", die)
    else:
        sys.addaudithook(lambda name, _: die() if name == step else None)
    store.archive("2026-06-01")
"""


@pytest.mark.parametrize("step", ["os.rename", "commit"])
def test_a_killed_archiving_loses_and_doubles_nothing(store, tmp_path, step):
    """R-10: killed before the file has its name, and before the database knows of it."""
    before = answers(store)
    where = store._database._engine.url.render_as_string() if store.file is None else store.folder
    command = [sys.executable, "-c", textwrap.dedent(KILLED), step, str(where)]
    killed = subprocess.run([*command, str(tmp_path / "[old] days")], capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    assert list((tmp_path / "[old] days").rglob("source=*/date=*/*"))
    require_same(answers(store), before)
    assert store.archive(LATER) == {"days": 3, "rows": 26}
    require_same(answers(store), before)


FULL = """
    import resource, sys
    from tests.twin.test_observation_archive import LATER, many
    from twin.errors import DeviceError
    from twin.observations.store import ObservationStore

    store = ObservationStore(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for work in (lambda: store.append(many(2)), lambda: store.archive(LATER)):
        try:
            work()
        except DeviceError as error:
            print(error)
"""


def many(seed):
    """Readings that take more than the disk has."""
    count = 20_000
    rows = frame(reading(1e-6)).loc[np.zeros(count, int)].reset_index(drop=True)
    rows["phenomenon_time"] -= pd.to_timedelta(np.arange(count) % 1000, unit="s")
    rows["station_id"] = [f"G{i // 1000}" for i in range(count)]
    rows["value"] = np.random.default_rng(seed).random(count)
    rows["raw_value"] = rows["value"].astype(str)
    return rows


def test_a_full_disk_keeps_all_or_nothing_and_says_so(tmp_path):
    """R-10: appending and archiving."""
    store = ObservationStore(tmp_path)
    store.append(many(1))
    before = store.digest()
    work = [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path)]
    told = subprocess.run(work, capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.count("cannot be used") == 2, told.stdout
    assert store.digest() == before
    assert store.append(many(2))["kept"] == 20_000  # space is back
    assert store.archive(LATER)["rows"] == 40_000
    assert not list((tmp_path / "archive").rglob("*.part"))
