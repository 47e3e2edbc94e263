"""The join of levels and catalogue is whole or it is none."""

import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.paged_tables import PAGE_SIZE
from twin.feeds.wra_iow import TABLES, gather, read

RECEIVED = pd.Timestamp("2026-07-12T04:00Z")


def level(number, value="12.50"):
    return {
        "sensorid": f"s{number}",
        "latestvalue": value,
        "timestamp": "2026-07-12T11:45:35+08:00",
    }


def sensor(number, **changes):
    place = {"longitude": f"{120 + number / 1000}", "latitude": "23.5"}
    return {"sensorid": f"s{number}", "category": "淹水深度", "unit": "cm"} | place | changes


def joined(levels, sensors):
    return read(json.dumps({"latest": levels, "catalogue": sensors}).encode(), RECEIVED)


@pytest.mark.parametrize("said", ["false", "False", "N", False])
def test_a_disabled_sensor_is_left_out(said):
    """D-11: isenable is a text, and "false" is true for a computer."""
    parsed = joined([level(1), level(2)], [sensor(1), sensor(2, isenable=said)])
    assert parsed.readings["station_id"].tolist() == ["s1"]
    assert parsed.stations["station_id"].tolist() == ["s1"]
    assert parsed.counts["disabled"] == 1


def test_the_unit_of_the_catalogue_counts_and_an_unknown_sensor_has_none():
    parsed = joined(
        [level(1, "0.5"), level(2, "0.5"), level(3)], [sensor(1, unit="m"), sensor(2, unit="cm")]
    )
    assert parsed.readings["value"].tolist() == [0.5, 0.005]
    assert parsed.counts["reasons"] == {"unknown unit": 1}


@pytest.mark.parametrize(("unit", "value"), [("公分", 0.125), ("CM", 0.125), ("毫米", 0.0125)])
def test_units_in_chinese_and_capitals_are_known(unit, value):
    """D-09."""
    assert joined([level(1)], [sensor(1, unit=unit)]).readings["value"].tolist() == [value]


def test_metres_that_are_called_centimetres_are_suspect():
    """D-09: 0.012 "cm" of a sensor in Kinmen; 0 is a depth as any other."""
    flags = joined(
        [level(1, "0.012"), level(2, "0"), level(3, "-999")], [sensor(n) for n in (1, 2, 3)]
    ).readings["flag"]
    assert flags.tolist() == [3, 1, 9]


def test_the_payloads_of_the_agency_are_read(shared_data):
    folder = shared_data / "taiwan" / "payloads"
    levels = read((folder / "wra_iow_latest.json").read_bytes(), RECEIVED)
    assert levels.readings["value"].tolist() == [0.125, 0.0]
    sensors = read((folder / "wra_iow_catalog.json").read_bytes(), RECEIVED)
    assert len(sensors.stations) == 2
    assert levels.counts["drift"] == sensors.counts["drift"] == []


class Service:
    """Gives both tables page by page; its second pages may repeat the first."""

    def __init__(self, rows, repeats):
        self.rows, self.repeats, self.asked = rows, repeats, 0

    def get(self, url):
        self.asked += 1
        page = int(url.partition("&page=")[2].partition("&")[0])
        if page == 2 and self.repeats:
            self.repeats -= 1
            page = 1
        one = level if TABLES["latest"][0] in url else sensor
        numbers = range(self.rows)[PAGE_SIZE * (page - 1) : PAGE_SIZE * page]
        return json.dumps([one(number) for number in numbers]).encode()


def test_a_repeated_page_starts_the_whole_join_again():
    """D-11: nothing is silently short."""
    service = Service(rows=PAGE_SIZE + 1, repeats=1)
    parsed = read(gather(service.get), RECEIVED)
    assert len(parsed.readings) == len(parsed.stations) == PAGE_SIZE + 1
    assert service.asked > 4


def test_the_same_row_twice_in_a_page_is_one_and_two_that_differ_are_an_error():
    """D-11."""

    def get(url, second="12.50"):
        is_level = TABLES["latest"][0] in url
        return json.dumps([level(1), level(1, second)] if is_level else [sensor(1)]).encode()

    assert len(read(gather(get), RECEIVED).readings) == 1
    with pytest.raises(InputError, match="repeat rows"):
        gather(lambda url: get(url, second="3"))


def test_pages_that_never_come_right_are_an_error():
    """D-11."""
    with pytest.raises(InputError, match="repeat rows in 3 attempts"):
        gather(Service(rows=PAGE_SIZE + 1, repeats=99).get)
    with pytest.raises(InputError, match="more than 20 pages"):
        gather(Service(rows=21 * PAGE_SIZE, repeats=0).get)


def test_a_value_that_is_not_sent_is_missing_and_no_sensor():
    silent = {name: sent for name, sent in level(1).items() if name != "latestvalue"}
    for result in (joined([silent], [sensor(1)]), read(json.dumps([silent]).encode(), RECEIVED)):
        assert result.readings["flag"].tolist() == [9]


@pytest.mark.parametrize("changes", [{"category": " 淹水深度 "}, {"unit": "㎝"}, {"unit": " CM "}])
def test_blanks_and_wide_letters_change_no_sensor(changes):
    assert joined([level(1)], [sensor(1, **changes)]).readings["value"].tolist() == [0.125]
