"""Pages of SensorThings: one series a datastream, times of intervals, doubtful units flagged."""

import json
import threading
import time
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds import sensorthings
from twin.feeds.fetch import Access, fetch, redirected
from twin.feeds.intake import FAILED, NEW, Desk
from twin.feeds.polling import poll
from twin.feeds.source import Adapter
from twin.observations.store import ObservationStore

RECEIVED = pd.Timestamp("2026-06-15T03:10Z")
NOW = "2026-06-15T03:00:00.000Z"
NEXT = (
    "/STA_RainSewer/v1.0/Things?$top=2&$skip=2&$expand=Locations,Datastreams%28%24expand%3D"
    "Observations%28%24orderby%3DphenomenonTime+desc%2C%40iot.id+asc%29%29&$orderby=%40iot.id+asc"
    "&$skipFilter=%28%40iot.id+gt+2000%29"
)


def stream(result=18.0, number=11, name="淹水深度", unit="cm", **changes):
    one = {
        "name": name,
        "unitOfMeasurement": {"name": unit, "symbol": unit},
        "Observations": [{"phenomenonTime": NOW, "resultTime": NOW, "result": result}],
        "@iot.id": number,
    }
    return one | changes


def thing(*streams, code="FS-001", point=(120.2, 23.0), **properties):
    return {
        "@iot.id": 1001,
        "name": "0f3c",
        "properties": {"stationCode": code, "stationName": "中正路", **properties},
        "Locations": [
            {"encodingType": "address", "location": "中正路 1 號"},
            {
                "encodingType": "application/vnd.geo+json",
                "location": {"type": "Point", "coordinates": list(point)},
            },
        ],
        "Datastreams": list(streams),
    }


def parse(*things, adapter=sensorthings.FLOOD, **page):
    content = json.dumps({"value": list(things), **page}, ensure_ascii=False).encode()
    return adapter.read(content, RECEIVED)


def test_a_real_page_gives_depths_positions_and_the_next_address(shared_data):
    """D-10"""
    content = (shared_data / "taiwan/payloads/sensorthings_flood_depth_page.json").read_bytes()
    result = sensorthings.FLOOD.read(content, RECEIVED)
    first, second = result.readings.to_dict("records")
    assert first["station_id"] == "3132000FL97119-2/2682"
    assert (first["property"], first["value"], first["flag"]) == ("water_depth", 0.0, 1)
    assert first["phenomenon_time"] == pd.Timestamp("2021-12-22T01:02Z")
    assert second["phenomenon_time"] == pd.Timestamp("2022-02-07T10:09:10Z")
    assert result.next_page.encode() in content
    places = result.stations
    assert places.crs == "EPSG:4326"
    assert places.geometry.x[0] == pytest.approx(120.277957)
    assert list(places["name"]) == ["褒忠鄉鎮安橋淹水感測站", "崙內里_鄰近舊虎尾溪"]
    assert result.counts["drift"] == []


def test_things_and_datastreams_give_the_same_series():
    as_thing = parse(thing(stream()))
    one = thing()
    del one["Datastreams"]
    as_stream = parse(stream(Thing=one))
    pd.testing.assert_frame_equal(as_thing.readings, as_stream.readings)
    assert as_thing.stations.geometry[0] == as_stream.stations.geometry[0]


@pytest.mark.parametrize(
    ("name", "unit", "property"),
    [
        ("雨水下水道雨量", "mm", "rainfall_depth"),
        ("雨量", "mm/10min", "rainfall_rate"),
        ("雨水下水道流量", "cms", "discharge"),
        ("雨水下水道水位", "m", "water_level"),
        ("抽水機狀態", "", "pump_state"),
        *((name, "m", None) for name in ("警戒水位", "滿管水位")),
        ("抽水機油量", "", None),
    ],
)
def test_a_name_says_what_is_measured_and_constants_are_no_readings(name, unit, property):
    """D-10"""
    found = parse(thing(stream(1, name=name, unit=unit))).readings["property"]
    assert list(found) == ([] if property is None else [property])


def test_the_time_of_an_interval_is_its_end():
    """D-10"""
    late = stream()
    late["Observations"][0]["phenomenonTime"] = "2026-06-15T02:50:00Z/2026-06-15T03:00:00Z"
    [moment] = parse(thing(late)).readings["phenomenon_time"]
    assert moment == pd.Timestamp(NOW)


def test_a_missing_time_is_rejected_and_never_made_up():
    """D-07"""
    late = stream()
    del late["Observations"][0]["phenomenonTime"]
    result = parse(thing(late), thing(stream(Observations=[])))
    assert result.readings.empty
    assert result.counts["reasons"] == {"unreadable time": 2}


def test_old_letters_of_a_city_are_put_right():
    """D-10"""
    result = parse(thing(stream(), city="桃園巿", town="中壢區"))
    assert list(result.stations["district"]) == ["桃園市中壢區"]


def test_swapped_coordinates_are_turned_round():
    result = parse(thing(stream(), point=(23.0, 120.2)))
    assert (result.stations.geometry.x[0], result.stations.geometry.y[0]) == (120.2, 23.0)
    assert sum(result.counts["positions"].values()) == 1


def test_several_datastreams_of_one_station_stay_apart():
    gate = thing(
        stream(6.36, 21, "閘門內水位", "m"),
        stream(6.35, 22, "閘門外水位", "m"),
        stream(55, 23, "閘門開度", "%"),
        stream(12.1, 24, "電池電壓", "V"),
        code="GATE-1",
    )
    result = parse(gate, adapter=sensorthings.GATE)
    assert dict(zip(result.readings["station_id"], result.readings["value"], strict=True)) == {
        "GATE-1/21": 6.36,
        "GATE-1/22": 6.35,
    }
    assert result.counts["rejected"] == 0


@pytest.mark.parametrize(
    ("name", "unit", "result", "flag"),
    [
        ("淹水深度", "cm", 18.0, 1),
        ("淹水深度", "cm", 0, 1),
        ("淹水深度", "cm", 0.4, 1),
        ("淹水深度", "cm", "2.96", 1),
        ("淹水深度", "cm", 0.012, 3),  # Kinmen: metres
        ("淹水深度", "cm", 0.35, 3),
        ("下水道水位", "cm", 4.21, 3),
        ("下水道水位", "cm", 421.3, 1),
        ("下水道水位", "m", 4.21, 1),
        ("淹水深度", "cm", -0.0012, 3),
        ("淹水深度", "cm", -0.3, 1),  # the zero has drifted a little
        ("淹水深度", "cm", -5.5, 4),
        ("淹水深度", "cm", 9999, 4),
        ("下水道水位", "m", -999.0, 9),
        ("淹水深度", "cm", None, 9),
    ],
)
def test_what_can_be_doubted_is_flagged_and_kept(name, unit, result, flag):
    """D-09, D-10"""
    [row] = parse(thing(stream(result, name=name, unit=unit))).readings.to_dict("records")
    assert row["flag"] == flag
    assert np.isnan(row["value"]) == (flag == 9)


@pytest.mark.parametrize("sent", ["inf", "1e999", "NaN0", [1], {"a": 1}, True])
def test_no_value_that_is_none_gets_in(sent):
    assert parse(thing(stream(sent))).readings.empty


def test_test_sensors_never_pass():
    noisy = thing(stream(0.3), stream(1.0, 12), code="3132017FL9999", point=(120, 23))
    assert set(parse(noisy).readings["flag"]) == {3}


@pytest.mark.parametrize(("name", "flag"), [("測試站", 3), ("Test 7", 3), ("Via Testaccio", 1)])
def test_a_test_sensor_may_say_so_in_its_name(name, flag):
    assert list(parse(thing(stream(), stationName=name)).readings["flag"]) == [flag]


def test_a_unit_that_is_not_known_is_rejected_and_a_name_is_drift():
    result = parse(thing(stream(unit="furlong"), stream(name="心情", number=12)))
    assert result.readings.empty
    assert result.counts["reasons"] == {"unknown property": 1, "unknown unit": 1}
    assert result.counts["drift"] == ["心情"]


def test_units_in_chinese_are_understood():
    result = parse(thing(stream(7, unit="公分"), stream(1.5, 12, "河川水位", "公尺")))
    assert list(result.readings["value"]) == [0.07, 1.5]


def test_an_archive_in_geojson_reads_as_well():
    feature = {
        "type": "Feature",
        "properties": {
            "stationCode": "3764900FL109YL06",
            "stationName": "埔南村",
            "result": 12,
            "unitOfMeasurement": "cm",
            "phenomenonTime": "2022-06-29T14:01:00.000Z",
        },
        "geometry": {"type": "Point", "coordinates": [120.191304, 23.598212]},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    result = sensorthings.FLOOD.read(content, RECEIVED)
    assert list(result.readings["value"]) == [0.12]
    assert len(result.stations) == 1


def test_an_empty_page_is_healthy_and_empty():
    assert parse().outcome == "empty"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"7", b'{"value": {}}', b'{"code": 404, "message": "no"}', b"\xff"],
)
def test_what_is_no_page_is_one_line(content):
    with pytest.raises(InputError) as error:
        sensorthings.FLOOD.read(content, RECEIVED)
    assert "\n" not in str(error.value)


def test_a_page_of_a_million_elements_is_refused_quickly():
    """D-16"""
    content = json.dumps({"value": [stream(Observations=[{}] * 300_000)]}).encode()
    begin = time.process_time()  # what other programs take is none of it
    with pytest.raises(InputError, match="records"):
        sensorthings.FLOOD.read(content, RECEIVED)
    with pytest.raises(InputError, match="bytes"):
        sensorthings.FLOOD.read(b" " * (sensorthings.FLOOD.spec.max_bytes + 1), RECEIVED)
    assert time.process_time() - begin < 30


class Host(BaseHTTPRequestHandler):
    """A host whose first page names the second in a way that must not be encoded again."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.page(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    server = HTTPServer(("127.0.0.1", 0), Host)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def adapter_at(host):
    spec = replace(sensorthings.SEWER.spec, url=f"http://127.0.0.1:{host.server_port}/first")
    return Adapter(spec, partial(sensorthings.read, spec=spec))


def test_the_next_address_is_asked_for_byte_for_byte(host):
    """D-10"""
    base = f"http://127.0.0.1:{host.server_port}"
    host.page = lambda path: json.dumps(
        {"value": [thing(stream())]} | ({"@iot.nextLink": base + NEXT} if path == "/first" else {})
    )
    adapter, access = adapter_at(host), Access(allow_loopback=True)
    first = adapter.read(fetch(adapter.spec.url, access).content, RECEIVED)
    assert first.next_page == base + NEXT
    fetch(redirected(adapter.spec.url, first.next_page, access), access)
    assert host.asked == ["/first", NEXT]


def test_pages_are_walked_to_the_end(host, tmp_path):
    """D-10"""
    base = f"http://127.0.0.1:{host.server_port}"
    pages = {"/first": (stream(), base + NEXT), NEXT: (stream(number=12), None)}
    host.page = lambda path: json.dumps(
        {"value": [thing(pages[path][0])], "@iot.nextLink": pages[path][1]}
    )
    store = ObservationStore(tmp_path / "store")
    result = poll(adapter_at(host), Desk(tmp_path, store), allow_loopback=True)
    assert (result.outcome, result.kept) == (NEW, 2)
    assert host.asked == ["/first", NEXT]


@pytest.mark.parametrize("following", ["/first", "/first?again"])
def test_pages_that_come_again_are_found_out_and_what_came_is_kept(host, tmp_path, following):
    """D-10: the same address, or another address with the same page"""
    base = f"http://127.0.0.1:{host.server_port}"
    page = {"value": [thing(stream())], "@iot.nextLink": base + following}
    host.page = lambda path: json.dumps(page)
    store = ObservationStore(tmp_path / "store")
    result = poll(adapter_at(host), Desk(tmp_path, store), allow_loopback=True)
    assert (result.outcome, result.kept) == (FAILED, 1)
    assert len(host.asked) <= 2


@pytest.mark.parametrize(
    ("name", "unit", "property", "value"),
    [
        ("河川流量", {"symbol": "cms"}, "discharge", 2.0),
        ("河川流量", {"symbol": "㎥/s"}, "discharge", 2.0),
        ("潮位", {"symbol": "m"}, "water_level", 2.0),
        ("淹水深度", {"name": "公分", "symbol": "-"}, "water_depth", 0.02),
        ("淹水深度", {"name": "centimeter", "symbol": "㎝"}, "water_depth", 0.02),
    ],
)
def test_flows_tides_and_units_are_known_however_they_are_written(name, unit, property, value):
    one = stream(result=2.0, name=name, unitOfMeasurement=unit)
    (row,) = parse(thing(one)).readings.to_dict("records")
    assert (row["property"], row["value"]) == (property, value)
