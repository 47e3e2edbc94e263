"""SQLite and PostgreSQL hold the same store, with or without an archive."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.readings import NOON, frame, reading
from twin.errors import DeviceError, InputError, MissingError
from twin.observations.store import ObservationStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """An empty store on each database."""
    if request.param == "sqlite":
        return ObservationStore(tmp_path)
    make = request.getfixturevalue("new_database")
    return ObservationStore(make(), archive_folder=tmp_path / "archive")


def test_a_store_gives_back_what_came_in_and_how_it_was_corrected(store):
    counts = store.append(frame(reading(1e-6), reading(np.nan, 10, 12, flag=9)))
    assert counts == {"read": 2, "kept": 2, "duplicate": 0, "rejected": 0}
    assert store.append(frame(reading(2e-6, received=20)))["kept"] == 1
    assert store.append(frame(reading(1e-6, received=40)))["duplicate"] == 1
    assert store.append(frame(reading(np.nan, 10, 13, flag=9)))["duplicate"] == 1
    now = store.series("rainfall_rate")
    assert (now["value"][0], now["revision"].tolist()) == (2e-6, [2, 1])
    assert np.isnan(now["value"][1])
    then = store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=10))
    assert then["value"].tolist() == [1e-6]
    assert store.newest_time() == NOON
    assert store.latest()["flag"].tolist() == [9]
    assert store.append(frame())["read"] == 0


def test_text_that_a_database_cannot_keep_is_kept_as_far_as_it_can(store):
    strange = ["a\tb\\N\n", "\\.", "", "雨\x00量", "\ud800", "'); DROP TABLE x; --", "a\r\nb"]
    rows = frame(*(reading(float(i), i) for i in range(len(strange))))
    rows["raw_value"] = pd.Series(strange, dtype=object)
    rows = pd.concat([rows, frame(dict(reading(9.0, station="G\x00\t9"), raw_unit="\\N"))])
    store.append(rows)
    kept = store.series("rainfall_rate").sort_values("value")
    expected = [
        "a\tb\\N\n",
        "\\.",
        "",
        "雨\ufffd量",
        "?",
        "'); DROP TABLE x; --",
        "a\r\nb",
        "9.0",
    ]
    assert kept["raw_value"].tolist() == expected
    assert (kept["station_id"].iloc[-1], kept["raw_unit"].iloc[-1]) == ("G\ufffd\t9", "\\N")
    assert store.append(rows)["kept"] == 0


def test_a_future_row_is_rejected_and_never_the_latest(store):
    """D-08."""
    store.append(frame(reading(1e-6)))
    assert store.append(frame(reading(9e-6, 60 * 24 * 300)))["rejected"] == 1
    assert store.append(frame(reading(2e-6, 12, 2)))["rejected"] == 0  # within the skew
    assert store.append(frame(reading(2e-6, 12.1, 2)))["rejected"] == 1
    assert store.latest()["phenomenon_time"].tolist() == [NOON + pd.Timedelta(minutes=12)]


def test_only_the_named_stations_come(store):
    store.append(frame(*(reading(1e-6, station=name) for name in ("G1", "G2", "G3"))))
    assert store.series("rainfall_rate", stations=["G3", "G1"])["station_id"].tolist() == [
        "G1",
        "G3",
    ]
    assert store.series("rainfall_rate", stations=[]).empty
    with pytest.raises(InputError, match="10001 stations were named"):
        store.series("rainfall_rate", stations=map(str, range(10_001)))


VALUES = [0.0, -0.0, 1e-6, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, float("nan")]
ROWS = st.lists(
    st.builds(
        reading,
        value=st.sampled_from(VALUES),
        minutes=st.sampled_from([-1441, -10, 0, 10]),
        received=st.integers(10, 14),
        station=st.sampled_from(["G1", "g1", "站"]),
        flag=st.sampled_from([1, 9]),
    ),
    min_size=1,
    max_size=15,
)


@pytest.fixture(scope="module")
def emptied(tmp_path_factory, new_database):
    """A store on each database, empty at each call."""
    from sqlalchemy import delete

    from twin.observations import tables

    folder = tmp_path_factory.mktemp("emptied")
    pair = (
        ObservationStore(folder),
        ObservationStore(new_database(), archive_folder=folder / "of_postgres"),
    )

    def empty():
        for store in pair:
            with store._database.writing() as connection:
                for table in (tables.LATEST, tables.VERDICT, tables.READING, tables.ARCHIVED):
                    connection.execute(delete(table))
                connection.execute(delete(tables.SERIES))
        return pair

    return empty


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, data=st.data())
def test_any_order_batches_and_archiving_give_the_same_on_both_databases(emptied, rows, data):
    """D-15, R-01: duplicates and shuffles leave the store of the clean stream."""
    clean, other = emptied()
    clean.append(frame(*rows))
    shuffled = data.draw(st.permutations(rows * 3))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    for begin, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        other.append(frame(*shuffled[begin:end]))
        if data.draw(st.booleans()):
            other.archive(NOON)
    assert other.digest() == clean.digest()
    for ask in (
        lambda store: store.latest(),
        lambda store: store.series("rainfall_rate"),
        lambda store: store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=12)),
        lambda store: store.changed_since(NOON + pd.Timedelta(minutes=11)),
        lambda store: store.changed_since(NOON + pd.Timedelta(minutes=11), before=NOON),
    ):
        pd.testing.assert_frame_equal(ask(other), ask(clean))
    assert other.newest_time() == clean.newest_time()


def test_rows_six_hours_late_leave_the_store_of_the_clean_stream(store, tmp_path_factory):
    """R-01."""
    rows = [reading(i * 1e-7, i, i + 2, station=name) for i in range(60) for name in ("G1", "G2")]
    late = [dict(row, received_time=row["received_time"] + pd.Timedelta(hours=6)) for row in rows]
    order = np.random.default_rng(1).permutation(3 * len(rows))
    clean = ObservationStore(tmp_path_factory.mktemp("clean"))
    clean.append(frame(*rows))
    mixed = frame(*(rows * 2 + late)).iloc[order]
    for begin in range(0, len(mixed), 50):
        store.append(mixed[begin : begin + 50])
    assert store.digest() == clean.digest()
    pd.testing.assert_frame_equal(store.series("rainfall_rate"), clean.series("rainfall_rate"))


def test_what_came_late_names_its_windows_and_ordinary_news_does_not(store):
    """R-01: what must be computed again, and which forecasts get a note."""
    store.append(frame(*(reading(1e-6, i, i + 2) for i in (0, 10, 30))))
    store.append(frame(reading(1e-6, 0, 2, station="G2")))
    seen = NOON + pd.Timedelta(minutes=35)
    assert store.changed_since(seen).empty
    store.append(
        frame(
            reading(1e-6, 40, 42),  # ordinary
            reading(5e-6, 10, 43),  # a correction
            reading(1e-6, 20, 44),  # late
            reading(1e-6, 20, 44, station="G2"),  # newer than all that G2 had
        )
    )
    changed = store.changed_since(seen)
    assert changed[["station_id", "late", "corrected"]].values.tolist() == [["G1", 1, 1]]
    assert changed["start"][0] == NOON + pd.Timedelta(minutes=10)
    assert changed["end"][0] == NOON + pd.Timedelta(minutes=20)
    issued = store.changed_since(seen, before=seen - pd.Timedelta(minutes=10))
    assert issued[["station_id", "late", "corrected"]].values.tolist() == [
        ["G1", 1, 1],
        ["G2", 1, 0],
    ]
    assert store.changed_since(NOON + pd.Timedelta(hours=1)).empty


def test_a_clock_at_its_epoch_is_kept_and_counted(store):
    """Local midnight of 1 January 1970 is a time before 1970 in UTC."""
    early = frame(reading(1e-6))
    early["phenomenon_time"] = pd.Timestamp("1969-12-31T16:00Z")
    empty = store.digest()
    store.append(early)
    before = store.digest()
    assert before != empty
    assert store.archive(NOON) == {"days": 1, "rows": 1}
    assert store.digest() == before
    assert len(store.series("rainfall_rate", end="1970-01-01")) == 1


@pytest.mark.parametrize("wrong", [{"value": "much"}, {"flag": None}])
def test_what_is_no_number_is_refused_and_nothing_kept(store, wrong):
    with pytest.raises(InputError, match="is no number"):
        store.append(frame(reading(1e-6), reading(2e-6, 10, 12) | wrong))
    assert store.latest().empty


def test_a_folder_with_the_marks_of_an_address_is_a_folder(tmp_path):
    folder = tmp_path / "a?b=%20#c [d]"
    ObservationStore(folder).append(frame(reading(1e-6)))
    assert (folder / "observations.sqlite").is_file()
    store = ObservationStore(folder, create=False)
    assert store.archive(NOON + pd.Timedelta(days=9))["rows"] == 1
    assert len(store.series("rainfall_rate")) == 1


def test_many_stations_may_be_named(store):
    store.append(frame(reading(1e-6, station="S7")))
    assert len(store.series("rainfall_rate", stations=[f"S{i}" for i in range(10_000)])) == 1


def test_a_postgresql_that_is_not_there_is_one_clear_line(tmp_path):
    nowhere = f"postgresql+pg8000://me:secret@/store?unix_sock={tmp_path}/none"
    with pytest.raises(DeviceError, match="cannot be used") as caught:
        ObservationStore(nowhere)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(postgres_server):
    # pg8000 may lose what the server said last, and then only knows that it hung up.
    with pytest.raises((InputError, DeviceError), match="no_such_store"):
        ObservationStore(postgres_server("no_such_store"))


def test_a_database_without_a_store_is_missing(new_database):
    with pytest.raises(MissingError, match="no observation store"):
        ObservationStore(new_database(), create=False)


@pytest.mark.parametrize("where", ["mysql://me:secret@host/db", "sqlite:///file", "http://x:y:z"])
def test_an_address_of_no_such_database_is_refused_without_its_password(where):
    with pytest.raises(InputError, match="expected a folder or") as caught:
        ObservationStore(where)
    assert "secret" not in str(caught.value)
