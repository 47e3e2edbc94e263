"""Warnings of NCDR: which hold, in one language, in Taiwan's own times."""

import json

import pandas as pd
import pytest

from twin.errors import InputError, MissingError
from twin.feeds.cap import ADAPTER, SPEC, gather, read
from twin.feeds.official_warnings import in_force

RECEIVED = pd.Timestamp("2026-07-07T15:30Z")
ENTRY = {
    "id": "WRA_FloodWarn_20260707230000_0000",
    "title": "淹水",
    "updated": "2026-07-07T23:00:00+08:00",
    "link": {"@rel": "alternate", "@href": "https://alerts.example.tw/1.cap"},
    "category": {"@term": "淹水"},
    "summary": {"@type": "html", "#text": "臺南市淹水警戒"},
    "effective": "2026/7/7 下午 11:00:00",
    "expires": "2026/7/8 上午 12:05:00",
}


def cap(identifier="A", *, info="", language="zh-TW", **changes):
    says = {
        "sent": "2026-07-07T22:00:00+08:00",
        "status": "Actual",
        "msgType": "Alert",
        "references": "",
        "expires": "2026-07-08T02:00:00+08:00",
    } | changes
    expires = says.pop("expires")
    head = "".join(f"<{name}>{value}</{name}>" for name, value in says.items())
    return (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{identifier}</identifier>{head}<info><language>{language}</language>"
        f"<event>淹水</event><severity>Severe</severity><expires>{expires}</expires>"
        "<area><areaDesc>臺南市安南區</areaDesc></area></info>"
        f"{info}</alert>"
    ).encode()


def warnings(*contents):
    return pd.concat([read(content, RECEIVED).warnings for content in contents])


def holding(*contents, at=RECEIVED):
    return in_force(warnings(*contents), at)["identifier"].tolist()


def test_a_message_of_the_water_agency_is_read(shared_data):
    """D-13."""
    file = shared_data / "taiwan" / "payloads" / "cap_reservoir_release_2014.xml"
    (row,) = read(file.read_bytes(), RECEIVED).warnings.to_dict("records")
    assert row["identifier"] == "WRA_ReservoirWarn_201405142010"
    assert (row["event"], row["severity"], row["level"]) == ("水庫洩洪", "Moderate", 1)
    assert (row["area"], row["geocodes"]) == ("苗栗縣頭屋鄉", "1000512")
    assert row["expires"] == pd.Timestamp("2014-05-14T13:10Z")
    assert holding(file.read_bytes()) == []
    assert holding(file.read_bytes(), at=pd.Timestamp("2014-05-14T12:30Z")) != []


@pytest.mark.parametrize("entries", [ENTRY, [ENTRY], [ENTRY, ENTRY]])
def test_a_feed_has_an_object_or_a_list_and_afternoon_times(entries):
    """D-13: 下午 11:00 is 15:00 UTC."""
    table = read(json.dumps({"entry": entries}).encode(), RECEIVED).warnings
    assert table["effective"].unique().tolist() == [pd.Timestamp("2026-07-07T15:00Z")]
    assert table["expires"].unique().tolist() == [pd.Timestamp("2026-07-07T16:05Z")]
    assert len(in_force(table, RECEIVED)) == 1
    assert in_force(table, pd.Timestamp("2026-07-07T16:05Z")).empty


def test_an_atom_feed_says_the_same_as_its_json():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><updated>2026-07-07T23:00:00+08:00</updated>'
        f"<entry><id>{ENTRY['id']}</id><title>淹水</title><updated>{ENTRY['updated']}</updated>"
        '<category term="淹水"/><summary type="html">臺南市淹水警戒</summary>'
        f"<effective>{ENTRY['effective']}</effective><expires>{ENTRY['expires']}</expires>"
        "</entry></feed>"
    )
    expected = read(json.dumps({"entry": ENTRY}).encode(), RECEIVED).warnings
    pd.testing.assert_frame_equal(read(atom.encode(), RECEIVED).warnings, expected)


@pytest.mark.parametrize(
    "content",
    [
        b'{"entry": []}',
        b'{"updated": "2026-07-07T23:00:00+08:00"}',
        b'<feed xmlns="http://www.w3.org/2005/Atom"><updated>2026-07-07</updated></feed>',
        b"[]",
        b'{"alerts": {"alert": []}}',
        b"<alerts/>",
    ],
)
def test_no_warning_is_healthy(content):
    """D-12."""
    parsed = read(content, RECEIVED)
    assert parsed.outcome == "empty"
    assert len(in_force(parsed.warnings, RECEIVED)) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"5",
        b"null",
        b"<html/>",
        b"<alert>",
        b"busy",
        b'<!DOCTYPE a [<!ENTITY b "c">]><alert>&b;</alert>',
    ],
)
def test_what_is_no_warning_is_an_error_and_not_empty(content):
    """D-12, D-16."""
    with pytest.raises(InputError) as caught:
        read(content, RECEIVED)
    assert "\n" not in str(caught.value)


def test_an_update_or_a_cancellation_ends_what_it_refers_to():
    """D-13: even when the update has itself expired, and in whatever order they come."""
    first = cap("A")
    update = cap(
        "B", msgType="Update", sent="2026-07-07T22:30:00+08:00",
        references="wra,A,2026-07-07T22:00:00+08:00",
    )  # fmt: skip
    over = cap(
        "C", msgType="Cancel", sent="2026-07-07T23:00:00+08:00", references="wra,B,x wra,D,x"
    )
    assert holding(first) == ["A"]
    assert holding(update, first) == ["B"]
    assert holding(over, update, first) == []
    assert holding(over, update, first, at=pd.Timestamp("2026-07-07T14:45Z")) == ["B"]
    short = cap(
        "B", msgType="Update", sent="2026-07-07T22:30:00+08:00",
        expires="2026-07-07T23:00:00+08:00", references="wra,A,x",
    )  # fmt: skip
    assert holding(first, short) == []


@pytest.mark.parametrize("status", ["Test", "exercise", "Draft", "System", "Whatever"])
def test_a_test_never_holds_and_ends_nothing(status):
    """D-13."""
    assert holding(cap("A", status=status)) == []
    drill = cap("B", status=status, msgType="Cancel", references="wra,A,x")
    assert holding(cap("A"), drill) == ["A"]


def test_a_warning_without_an_end_does_not_hold_for_ever():
    """D-13: sent at 14:00 UTC."""
    assert holding(cap("A", expires="")) == ["A"]
    assert holding(cap("A", expires=""), at=pd.Timestamp("2026-07-08T14:00Z")) == []


def test_of_several_languages_one_is_kept_and_of_several_areas_all():
    """D-13."""
    english = "<info><language>en-US</language><event>Flood</event></info>"
    second = "<info><language>zh-tw</language><event>淹水</event></info>"
    table = warnings(cap("A", info=english + second))
    assert table["event"].tolist() == ["淹水", "淹水"]
    assert warnings(cap("A", language="en-US", info=second))["event"].tolist() == ["淹水"]
    assert warnings(cap("A", language="en-US"))["language"].tolist() == ["en-US"]


def test_a_list_of_messages_is_read_and_one_of_the_future_is_not():
    """D-08."""
    later = cap("Z", sent="2027-07-07T22:00:00+08:00")
    content = b"<alerts>" + cap("A") + later + b"</alerts>"
    parsed = read(content, RECEIVED)
    assert parsed.warnings["identifier"].tolist() == ["A"]
    assert parsed.counts["reasons"] == {"time in the future": 1}


def test_the_messages_behind_a_feed_are_gathered_and_the_lost_ones_stand_in():
    expired = ENTRY | {"id": "old", "expires": "2026/7/7 下午 01:00:00"}
    lost = ENTRY | {"id": "lost", "link": {"@href": "https://alerts.example.tw/2.cap"}}
    asked = []

    def get(url):
        asked.append(url)
        if url == SPEC.url:
            feed = {"updated": ENTRY["updated"], "entry": [ENTRY, expired, lost]}
            return json.dumps(feed).encode()
        if url.endswith("2.cap"):
            raise MissingError("gone")
        return cap(ENTRY["id"], status="Exercise")

    table = read(gather(get), RECEIVED).warnings
    assert asked == [SPEC.url, ENTRY["link"]["@href"], "https://alerts.example.tw/2.cap"]
    assert sorted(table["identifier"]) == sorted([ENTRY["id"], "old", "lost"])
    assert in_force(table, RECEIVED)["identifier"].tolist() == ["lost"]
    assert ADAPTER.gather is gather


def test_an_index_of_the_member_service_is_read():
    entry = {"capid": "X1", "capCode": "FL", "effective": "2026-07-07T22:00:00", "expires": ""}
    table = read(json.dumps({"success": True, "result": [entry]}).encode(), RECEIVED).warnings
    assert table["event"].tolist() == ["FL"]
    assert in_force(table, RECEIVED)["identifier"].tolist() == ["X1"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf\r\n" + cap(),
        b'<?xml version="1.0" encoding="Big5"?>' + cap().decode().encode("big5"),
    ],
    ids=["mark", "big5"],
)
def test_a_message_is_read_in_every_encoding(content):
    """D-13."""
    assert read(content, RECEIVED).warnings["area"].tolist() == ["臺南市安南區"]


def test_an_entry_in_capitals_is_no_good_news():
    """D-12: a feed whose entries are overlooked would say that nothing is warned of."""
    content = {"updated": "2026-07-07T23:10:00+08:00", "Entry": [ENTRY]}
    assert holding(json.dumps(content).encode()) == [ENTRY["id"]]


def test_an_entry_with_the_fields_of_its_message_loses_none():
    """D-13: some feeds write what a message says flat beside the id of the entry."""
    flat = {
        "identifier": "A",
        "status": "Actual",
        "msgType": "Alert",
        "sent": "2026-07-07T22:00:00+08:00",
        "event": "淹水警戒",
        "severity": "Severe",
        "expires": "2026-07-07T23:20:00+08:00",
        "areaDesc": "高雄市前鎮區",
    }
    fields = "".join(f"<cap:{name}>{value}</cap:{name}>" for name, value in flat.items())
    content = (
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">'
        "<updated>2026-07-07T23:10:00+08:00</updated><entry><id>A</id>"
        "<updated>2026-07-07T22:00:00+08:00</updated>"
        f"{fields}<cap:geocode><valueName>TOWNCODE</valueName><value>6400000</value></cap:geocode>"
        "</entry></feed>"
    ).encode()
    (row,) = read(content, RECEIVED).warnings.to_dict("records")
    assert (row["event"], row["severity"], row["area"]) == ("淹水警戒", "Severe", "高雄市前鎮區")
    assert (row["geocodes"], row["expires"]) == ("6400000", pd.Timestamp("2026-07-07T15:20Z"))
    assert holding(content) == []  # it is over


def test_a_cancellation_without_more_still_ends_its_warning():
    cancel = cap("B", msgType="Cancel", references="x,A,2026-07-07T22:00:00+08:00").decode()
    bare = (cancel[: cancel.index("<info>")] + "</alert>").encode()
    assert holding(cap("A"), bare) == []
