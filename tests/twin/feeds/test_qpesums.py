"""Radar grids lie where the service says, north up, and are no rain where nothing was seen."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.qpesums import ECHO, QPE, QPF
from twin.fields import require

RECEIVED = pd.Timestamp("2026-07-13T02:45Z")
SMALL = {
    "StartPointLongitude": "121.0000",
    "StartPointLatitude": "23.0000",
    "GridResolution": "0.0125",
    "DateTime": "2026-07-13T10:30:00+08:00",
    "GridDimensionX": "3",
    "GridDimensionY": "2",
    "Precipitation": "mm",
}
MM_H = 1e-3 / 3600


def answer(content, description="", **changes):
    dataset = {
        "datasetInfo": {"parameterSet": SMALL | changes},
        "contents": {"contentDescription": description, "content": content},
    }
    return json.dumps({"cwaopendata": {"dataset": dataset}}).encode()


def test_the_first_value_lies_in_the_south_west():
    """D-05."""
    (grid,) = QPE.read(answer("1.000E+00,2,-1.000E+00,4,8,12"), RECEIVED).grids
    rain = require(grid, "rainfall_rate", allow_nan=True)["rainfall_rate"].values[0] / MM_H
    np.testing.assert_allclose(rain, [[4, 8, 12], [1, 2, np.nan]], rtol=1e-6)
    assert grid["y"].values[0] > grid["y"].values[1]


def test_a_station_finds_its_cell_in_the_whole_grid():
    """D-05, D-06: C0R860 is value 74,319; taken for WGS 84 the grid would give 74,320."""
    numbers = np.arange(441 * 561) % 300
    content = answer(
        ",".join(map(str, numbers)),
        StartPointLongitude="118.0", StartPointLatitude="20.0",
        GridDimensionX="441", GridDimensionY="561",
    )  # fmt: skip
    (grid,) = QPE.read(content, RECEIVED).grids
    cell = grid["rainfall_rate"][0].sel(x=120.89788, y=22.1043, method="nearest")
    column = int(np.argmin(abs(grid["x"].values - 120.89788)))
    row = 560 - int(np.argmin(abs(grid["y"].values - 22.1043)))
    assert row * 441 + column == 74_319
    assert float(cell) / MM_H == pytest.approx(74_319 % 300)


def test_a_comma_at_the_end_is_no_value():
    """D-05."""
    (grid,), (expected,) = (
        QPE.read(answer(f"0,1,2,3,4,5{end}"), RECEIVED).grids for end in (", ", "")
    )
    assert grid.identical(expected)


@pytest.mark.parametrize("content", ["0,1,2\n3,4,5", "\n0,1,2,\n3,4,5\n", "0 1 2 3 4 5"])
def test_rows_may_end_in_a_new_line(content):
    """D-05."""
    (grid,), (expected,) = (
        QPE.read(answer(text), RECEIVED).grids for text in (content, "0,1,2,3,4,5")
    )
    assert grid.identical(expected)


@pytest.mark.parametrize("unit", ["mm", "MM", "毫米", "㎜"])
def test_a_unit_is_known_however_it_is_written(unit):
    (grid,) = QPE.read(answer("0,1,2,3,4,5", Precipitation=unit), RECEIVED).grids
    assert float(grid["rainfall_rate"].max()) / MM_H == pytest.approx(5.0)


def test_the_hour_is_the_past_one_or_the_next_one():
    (past,) = QPE.read(answer("1,2,3,4,5,6"), RECEIVED).grids
    (ahead,) = QPF.read(answer("1,2,-9.900E+01,4,5,6"), RECEIVED).grids
    assert past.attrs["valid_from"] == "2026-07-13T01:30:00+00:00"
    assert past.attrs["valid_to"] == ahead.attrs["valid_from"] == "2026-07-13T02:30:00+00:00"
    assert ahead.attrs["valid_to"] == "2026-07-13T03:30:00+00:00"
    assert ahead["time"].values[0] == np.datetime64("2026-07-13T02:30")
    assert np.isnan(ahead["rainfall_rate"].values[0, 1, 2])


def test_each_product_has_its_own_missing_value():
    """D-02: -1 is missing in the estimate; in the forecast it is out of range."""
    unbelievable = [
        adapter.read(answer("-1,-99,0,0,0,0"), RECEIVED).counts["unbelievable"]
        for adapter in (QPE, QPF)
    ]
    assert unbelievable == [1, 1]


def test_echoes_may_be_negative_but_not_missing():
    content = answer("-99,-999,-5.5,0,55,30", Precipitation=None, Reflectivity="dBZ")
    content = json.loads(content)
    del content["cwaopendata"]["dataset"]["datasetInfo"]["parameterSet"]["Precipitation"]
    (grid,) = ECHO.read(json.dumps(content).encode(), RECEIVED).grids
    echoes = require(grid, "reflectivity", allow_nan=True)["reflectivity"].values[0]
    np.testing.assert_allclose(echoes, [[0, 55, 30], [np.nan, np.nan, -5.5]])


def test_where_the_text_disagrees_it_is_reported_and_the_parameters_count():
    """D-05."""
    text = "first point 120.975, 22.975; TWD67; invalid=-99"
    parsed = QPE.read(answer("1,2,3,4,5,6", text), RECEIVED)
    assert parsed.counts["drift"] == [
        "contentDescription: invalid=-99",
        "contentDescription: longitude 120.975, parameterSet 121",
        "contentDescription: latitude 22.975, parameterSet 23",
    ]
    assert parsed.grids[0].attrs["crs"] == "EPSG:4326"
    assert parsed.grids[0]["x"].values[0] == pytest.approx(121.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "drift"),
    [
        ("資料無效值為-1。使用之座標系統為TWD67經緯網格。", []),
        ("資料無效值為-99。使用之座標系統為TWD67經緯網格。", ["contentDescription: invalid=-99"]),
        (
            "左下角為第一點東經120.9875、北緯22.9875，先依次經向遞增，再緯向遞增",
            [
                "contentDescription: longitude 120.987, parameterSet 121",
                "contentDescription: latitude 22.9875, parameterSet 23",
            ],
        ),
    ],
)
def test_what_the_text_says_in_chinese_is_heard_too(text, drift):
    """D-05."""
    assert QPE.read(answer("1,2,3,4,5,6", text), RECEIVED).counts["drift"] == drift


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (answer("1,2,3"), "has 3 values, expected 3 x 2"),
        (answer("1,2,3,4,5,wet"), "no number"),
        (answer("1,2,3,4,5,6", GridDimensionX="1e99"), "points"),
        (answer("1,2,3,4,5,6", GridResolution=None), "cannot be placed"),
        (answer("1,2,3,4,5,6", Precipitation="inch"), "is in 'inch', expected mm"),
        (answer("1,2,3,4,5,6", DateTime=""), "expected a time"),
        (answer("1,2,3,4,5,6", DateTime="2027-07-13T10:30:00+08:00"), "before its receipt"),
        (b"{}", "has no grid"),
        (b"", "no JSON"),
    ],
)
def test_a_bad_grid_is_one_line(content, message):
    """D-05, D-08: and nothing of it is used."""
    with pytest.raises(InputError, match=message) as caught:
        QPE.read(content, RECEIVED)
    assert "\n" not in str(caught.value)


def test_the_payload_of_the_service_is_read(shared_data):
    file = shared_data / "taiwan" / "payloads" / "qpesums_o_b0045_001_small.json"
    parsed = QPE.read(file.read_bytes(), RECEIVED)
    assert parsed.counts["drift"] == []
    assert np.nanmax(parsed.grids[0]["rainfall_rate"]) == pytest.approx(12 * MM_H)
