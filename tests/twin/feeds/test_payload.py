"""Bytes become dicts within bounds; what is wrapped is found; what changed is named."""

from dataclasses import replace

import pytest

from twin.errors import InputError
from twin.feeds.cwa_gauges import SPEC
from twin.feeds.payload import find_records, read_document, read_json, unknown_names


def test_xml_becomes_what_the_json_of_the_feed_is():
    xml = b"<a xmlns='urn:x'><b> 1 </b><c><d>2</d></c><c><d/></c></a>"
    assert read_document(xml, SPEC) == {"a": {"b": "1", "c": [{"d": "2"}, {"d": ""}]}}
    assert read_document(b'\xef\xbb\xbf {"a": 1}'.replace(b" ", b""), SPEC) == {"a": 1}


@pytest.mark.parametrize(
    "content",
    [
        [{"ID": 1}],
        {"Data": [{"Id": 1}]},
        {"d": {"Data": [{"id": 1}]}},
        {"d": '{"Data": [{"id": 1}]}'},
        {"success": True, "result": {"fields": [{"name": "x"}], "records": [{"id": 1}]}},
        {"records": [{"id": 1}, "total"]},
    ],
)
def test_records_are_found_in_what_they_are_wrapped(content):
    assert find_records(content, SPEC) == [{"id": 1}]


@pytest.mark.parametrize("content", [[], {"Data": []}, {"Data": None}, {"records": []}])
def test_no_record_is_an_answer(content):
    """D-12."""
    assert find_records(content, SPEC) == []


@pytest.mark.parametrize("content", [{}, None, 5, "busy", [1, 2], {"message": []}, {"Data": 5}])
def test_something_else_in_the_place_of_records_is_none(content):
    """D-12."""
    with pytest.raises(InputError):
        find_records(content, SPEC)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": "' + b"x" * 2000 + b'"}', "bytes, expected at most 1000"),
        (b"[" * 900, "no JSON"),
        (b"{'a': 1}", "no JSON"),
        ('{"a": "臺北"}'.encode("big5"), "no JSON"),
        (b'{"a": ' + b"9" * 990 + b"}" * 2, "no JSON"),
    ],
)
def test_what_is_no_json_is_one_line(content, message):
    """D-16."""
    with pytest.raises(InputError, match=message) as caught:
        read_json(content, replace(SPEC, max_bytes=1000))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [rb'["A\ud800", "\ud83d\ude00", 1]', b'["A\xed\xa0\x80", "\xf0\x9f\x98\x80", 1]']
)
def test_half_a_pair_of_surrogates_costs_one_letter(content):
    """D-16: not the whole answer."""
    assert read_json(content, SPEC) == ["A\ufffd", "\U0001f600", 1]


def test_an_integer_of_thousands_of_digits_costs_one_value():
    """D-16."""
    assert read_json(b"[" + b"9" * 5000 + b", 1]", SPEC) == ["9" * 5000, 1]


def test_an_answer_of_too_many_elements_is_not_even_decoded():
    """D-16."""
    with pytest.raises(InputError, match="elements, expected at most"):
        read_json(b"[" + b"1," * 2_000_001 + b"1]", SPEC)
    with pytest.raises(InputError, match="nests more than 60"):
        read_document(b"<a>" * 5000 + b"</a>" * 5000, SPEC)


def test_names_that_are_not_known_are_told_once():
    entries = [{"Now": 1, "Later": 2}, {"later": 1, "Later": 3}]
    assert unknown_names(entries, {"now"}) == ["Later", "later"]
