"""Tables with columns of their own: CSV or Parquet, long or wide, by a small TOML."""

import io

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError, MissingError
from twin.feeds.table_files import ADAPTER, adapter_from

RECEIVED = pd.Timestamp("2026-05-01T13:00Z")
LONG = """station_id,time,property,value,unit
S1,2026-05-01T12:00:00Z,water_level,125,cm
S1,2026-05-01T20:10:00+08:00,rainfall_rate,36,mm/h
"""
HARBOUR = """
name = "harbour"
timezone = "Asia/Taipei"
missing = [-99]
[columns]
station_id = "Station"
time = "Zeit"
[[wide]]
column = "Pegel"
property = "water_level"
unit = "cm"
[[wide]]
column = "Regen"
property = "rainfall_rate"
unit = "mm/h"
"""
WIDE = "Zeit;Station;Pegel;Regen;Notiz\n2026-05-01 20:00;H1;125;36;ok\n2026-05-01 20:10;H1;-99;;\n"


def toml(tmp_path, text):
    file = tmp_path / "columns.toml"
    file.write_text(text)
    return file


def parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def test_a_long_table_reads_without_a_word_about_its_columns():
    result = ADAPTER.read(LONG.encode(), RECEIVED)
    level, rain = result.readings.to_dict("records")
    assert (level["value"], level["phenomenon_time"]) == (1.25, pd.Timestamp("2026-05-01T12:00Z"))
    assert rain["value"] == pytest.approx(1e-5)
    assert rain["phenomenon_time"] == pd.Timestamp("2026-05-01T12:10Z")


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda t: t.replace(",", "\t")])
def test_byte_order_marks_and_tabs_change_nothing(change):
    plain = ADAPTER.read(LONG.encode(), RECEIVED).readings
    pd.testing.assert_frame_equal(ADAPTER.read(change(LONG).encode(), RECEIVED).readings, plain)


def test_parquet_reads_as_csv_does():
    rows = pd.read_csv(io.StringIO(LONG))
    rows["time"] = pd.to_datetime(rows["time"], utc=True, format="ISO8601")
    result = ADAPTER.read(parquet(rows), RECEIVED).readings
    expected = ADAPTER.read(LONG.encode(), RECEIVED).readings
    columns = ["station_id", "property", "phenomenon_time", "value", "flag"]
    pd.testing.assert_frame_equal(result[columns], expected[columns])


def test_a_wide_table_is_described_by_a_toml(tmp_path):
    adapter = adapter_from(toml(tmp_path, HARBOUR))
    result = adapter.read(WIDE.encode(), RECEIVED)
    assert set(result.readings["source_id"]) == {"harbour"}
    assert set(result.readings["phenomenon_time"]) == {
        pd.Timestamp("2026-05-01T12:00Z"),
        pd.Timestamp("2026-05-01T12:10Z"),
    }
    np.testing.assert_allclose(result.readings["value"], [1.25, 1e-5, np.nan, np.nan])
    assert list(result.readings["flag"]) == [1, 1, 9, 9]


def test_one_value_may_hold_for_the_whole_table(tmp_path):
    text = 'name = "one"\n[fixed]\nstation_id = "S9"\nproperty = "water_depth"\nunit = "cm"\n'
    adapter = adapter_from(toml(tmp_path, text))
    result = adapter.read(b"time,value\n2026-05-01T12:00:00Z,7\n", RECEIVED)
    [row] = result.readings.to_dict("records")
    assert (row["station_id"], row["property"], row["value"]) == ("S9", "water_depth", 0.07)


def test_bad_rows_are_counted_and_the_good_ones_kept():
    bad = (
        "S1,,water_level,1,m\nS1,2026-05-01T12:00:00Z,mood,1,m\nS1,2099-01-01,water_level,1,m\nx\n"
    )
    result = ADAPTER.read((LONG + bad).encode(), RECEIVED)
    assert result.counts["kept"] == 2
    assert result.counts["rejected"] == 4


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x00\x01\x02", b"PAR1" + bytes(40), b"PAR1" + bytes(40) + b"PAR1"),
        *(b"time,value\n1,2\n", b"<html></html>", b'a,"b\n' * 3),
        b"station_id,time,property,value,unit\nS1,never,water_level,1,m\n",
    ],
)
def test_a_table_of_which_nothing_can_be_used_is_one_line(content):
    with pytest.raises(InputError) as error:
        ADAPTER.read(content, RECEIVED)
    assert "\n" not in str(error.value)


def test_a_parquet_file_that_grows_beyond_reason_is_refused_unread():
    """D-16: 3 million equal rows pack into some kilobytes."""
    frame = pd.DataFrame({"time": np.zeros(3_000_000, np.int8)})
    content = parquet(frame)
    assert len(content) < 100_000
    with pytest.raises(InputError, match="expected at most"):
        ADAPTER.read(content, RECEIVED)


@pytest.mark.parametrize(
    "text",
    [
        *("name =", 'title = "x"', 'name = "x"\nmood = 1', 'name = "x"\ntimezone = "Mars/Base"'),
        *('name = "x"\n[columns]\nmood = "y"', 'name = "x"\nmissing = ["a"]', 'name="x"\nwide=3'),
        'name = "x"\n[[wide]]\ncolumn = "a"\nproperty = "water_level"\nunit = "furlong"',
        'name = "x"\ncadence_seconds = "often"',
    ],
)
def test_a_toml_that_says_something_else_is_one_line(tmp_path, text):
    with pytest.raises(InputError) as error:
        adapter_from(toml(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_toml_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"columns\.toml"):
        adapter_from(tmp_path / "columns.toml")


def test_a_stray_quote_costs_one_row():
    result = ADAPTER.read((LONG + 'S2,"x\n' + LONG.split("\n", 1)[1]).encode(), RECEIVED)
    assert (result.counts["kept"], result.counts["rejected"]) == (4, 1)


def test_a_table_in_big5_keeps_its_stations_apart():
    """Spreadsheets in Taiwan write it; letters that are lost would make one station of two."""
    rows = "".join(f"{name},2026-05-01T12:00:00Z,water_level,1,m\n" for name in ("臺北", "臺中"))
    content = ("station_id,time,property,value,unit\n" + rows).encode("big5")
    assert ADAPTER.read(content, RECEIVED).readings["station_id"].tolist() == ["臺北", "臺中"]


GERMAN = """
name = "own_gauges"
timezone = "Europe/Berlin"
missing = [-99]
missing_words = ["k.A."]
decimal = ","
[columns]
station_id = "Messstelle"
time = ["Datum", "Uhrzeit"]
[[wide]]
column = "Pegel [cm]"
property = "water_level"
unit = "cm"
"""


def test_a_table_of_another_country_needs_no_code(tmp_path):
    """Commas in numbers, days first, day and clock apart, words for what is missing."""
    table = (
        "Messstelle;Datum;Uhrzeit;Pegel [cm];Bemerkung\n"
        "P-01;12.07.2026;11:50;1.250,5;\nP-02;12.07.2026;11:50;k.A.;Wartung\n"
        "P-03;12.07.2026 11:50;;-99,0;\nP-04;;11:50;3,0;\n"
    )
    adapter = adapter_from(toml(tmp_path, GERMAN))
    result = adapter.read(table.encode(), pd.Timestamp("2026-07-12T10:00Z"))
    np.testing.assert_allclose(result.readings["value"], [12.505, np.nan, np.nan])
    assert result.readings["flag"].tolist() == [1, 9, 9]
    assert set(result.readings["phenomenon_time"]) == {pd.Timestamp("2026-07-12T09:50Z")}
    assert result.counts["reasons"] == {"unreadable time": 1}


def test_times_of_no_common_form_are_read_by_their_format(tmp_path):
    text = HARBOUR.replace("[columns]", 'time_format = "%m/%d/%Y %I:%M %p"\n[columns]', 1)
    table = "Zeit,Station,Pegel,Regen\n05/01/2026 08:00 PM,H1,125,36\n2026-05-01 20:00,H2,1,1\n"
    result = adapter_from(toml(tmp_path, text)).read(table.encode(), RECEIVED)
    assert set(result.readings["phenomenon_time"]) == {pd.Timestamp("2026-05-01T12:00Z")}
    assert result.counts["reasons"] == {"unreadable time": 2}


@pytest.mark.parametrize(
    "line", ['decimal = "x"', 'time_format = "%m/%d/%"', 'time_format = "%m %Q"', "missing = [[1]]"]
)
def test_a_description_that_cannot_be_is_one_line(tmp_path, line):
    with pytest.raises(InputError, match=r"columns\.toml says"):
        adapter_from(toml(tmp_path, HARBOUR.replace("missing = [-99]", line)))
    with pytest.raises(InputError, match="neither a column nor a list of columns"):
        adapter_from(toml(tmp_path, HARBOUR.replace('time = "Zeit"', "time = [1, 2]")))
