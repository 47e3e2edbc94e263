"""Bad rows are counted, bad files are one line, good rows are SI and UTC."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError, MissingError
from twin.feeds.archive_csv import SAMPLE
from twin.feeds.readings import RAW_COLUMNS, to_readings
from twin.feeds.registry import parse_file

HEADER = "station_id,time,received,property,value,unit\n"
GOOD = "R01,2026-05-01T20:00:00+08:00,2026-05-01T20:02:00+08:00,rainfall_rate,6.0,mm\n"


def parse(source, file):
    parsed = parse_file(source, file)
    return parsed.readings, parsed.counts


def archive(tmp_path, *rows, header=HEADER):
    file = tmp_path / "readings.csv"
    file.write_text(header + "".join(rows))
    return file


def row(**changes):
    fields = dict(zip(RAW_COLUMNS, GOOD.strip().split(","), strict=True)) | changes
    return ",".join(fields.values()) + "\n"


def test_a_good_row_is_si_and_utc(tmp_path):
    frame, counts = parse("sample", archive(tmp_path, GOOD))
    expected = {"read": 1, "kept": 1, "flagged": 0, "rejected": 0}
    assert counts == expected | {"reasons": {}, "samples": {}, "drift": []}
    one = frame.iloc[0]
    assert one["phenomenon_time"] == pd.Timestamp("2026-05-01T12:00Z")
    assert one["value"] == pytest.approx(6e-3 / 600)  # 6 mm in 10 minutes
    assert (one["raw_value"], one["raw_unit"], one["flag"]) == ("6.0", "mm", 1)


def test_a_gzipped_archive_reads_the_same(tmp_path):
    plain = archive(tmp_path, GOOD)
    packed = tmp_path / "readings.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    pd.testing.assert_frame_equal(parse("sample", packed)[0], parse("sample", plain)[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": "yesterday"}, "unreadable time"),
        ({"time": ""}, "unreadable time"),
        ({"received": "0001-01-01"}, "unreadable received time"),
        ({"property": "mood"}, "unknown property"),
        ({"unit": "inch"}, "unknown unit"),
        ({"value": "wet"}, "unreadable value"),
        ({"value": "inf"}, "unreadable value"),
        ({"time": "2027-05-01T20:00:00+08:00"}, "time in the future"),
        (
            {"time": "2099-05-01T20:00:00+08:00", "received": "2099-05-01T20:01:00+08:00"},
            "received in the future",
        ),
        ({"station_id": ""}, "station without a usable name"),
        ({"unit": "mm,x"}, "wrong number of columns"),
    ],
)
def test_a_bad_row_is_counted_with_its_reason(tmp_path, changes, reason):
    frame, counts = parse("sample", archive(tmp_path, row(**changes), GOOD))
    assert len(frame) == 1
    assert counts["reasons"] == {reason: 1}
    assert (counts["read"], counts["kept"], counts["rejected"]) == (2, 1, 1)


def test_a_receipt_may_run_ahead_of_this_machine_a_little_and_no_more():
    raw = pd.DataFrame([dict(zip(RAW_COLUMNS, GOOD.strip().split(","), strict=True))])
    received = pd.Timestamp("2026-05-01T12:02Z")
    for ahead, kept in ((10, 1), (11, 0)):
        now = received - pd.Timedelta(minutes=ahead)
        assert to_readings(raw, SAMPLE, now=now)[1]["kept"] == kept


@pytest.mark.parametrize("sent", ["-99", "-99.0", "", "nan"])
def test_a_missing_value_is_nan_with_flag_9(tmp_path, sent):
    frame, counts = parse("sample", archive(tmp_path, row(value=sent)))
    assert np.isnan(frame["value"][0])
    assert frame["flag"][0] == 9
    assert counts["flagged"] == 1


@pytest.mark.parametrize("sent", ["-1", "999"])
def test_an_unbelievable_value_is_kept_with_flag_4(tmp_path, sent):
    frame, _ = parse("sample", archive(tmp_path, row(value=sent)))
    assert frame["flag"][0] == 4


@given(st.text(max_size=60))
def test_no_value_ever_raises_and_no_sentinel_passes(text):
    raw = pd.DataFrame([dict(zip(RAW_COLUMNS, GOOD.strip().split(","), strict=True))])
    raw["value"] = text
    frame, counts = to_readings(raw, SAMPLE)
    assert counts["kept"] + counts["rejected"] == 1
    assert not (frame["value"] == -99 * 1e-3 / 600).any()


def test_an_archive_with_the_columns_in_another_order_reads_the_same(tmp_path):
    values = GOOD.strip().split(",")
    turned = archive(
        tmp_path, ",".join(values[::-1]) + "\n", header=",".join(RAW_COLUMNS[::-1]) + "\n"
    )
    assert parse("sample", turned)[0]["station_id"][0] == "R01"


def test_a_file_that_is_no_archive_is_one_line(tmp_path):
    with pytest.raises(InputError, match="begins with 'a,b'") as caught:
        parse("sample", archive(tmp_path, header="a,b\n"))
    assert "\n" not in str(caught.value)


def test_a_truncated_gzip_is_one_line(tmp_path):
    whole = gzip.compress((HEADER + GOOD * 1000).encode())
    file = tmp_path / "readings.csv.gz"
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be unpacked"):
        parse("sample", file)


def test_a_missing_file_and_a_missing_source_are_named(tmp_path):
    with pytest.raises(MissingError, match="is missing"):
        parse("sample", tmp_path / "none.csv")
    with pytest.raises(MissingError, match="source 'oracle' is not known, expected one of"):
        parse("oracle", tmp_path / "none.csv")
