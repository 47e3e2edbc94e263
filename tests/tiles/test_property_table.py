"""What is put into a property table comes out of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tiles.checks.glb import open_glb, read_property_table
from tiles.tiles3d.glb import Glb
from tiles.tiles3d.property_table import (
    EXTENSION,
    UNKNOWN,
    Column,
    add_property_table,
    identifier,
    numbers,
)

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1)


def read(columns, name="building"):
    glb = Glb()
    add_property_table(glb, name, columns)
    document, buffer = open_glb(glb.to_bytes())
    problems = []
    table, count = read_property_table(document, buffer, problems)
    assert problems == []
    return document["extensions"][EXTENSION], table, count


@given(TEXTS)
def test_text_of_any_language_comes_back(texts):
    _, table, count = read([Column("name", texts), numbers("height", range(len(texts)))])
    assert table["name"] == texts
    assert table["height"].tolist() == list(range(len(texts)))
    assert count == len(texts)


def test_a_table_without_any_letter_is_still_one():
    assert read([Column("use", ["", "", ""])])[1]["use"] == ["", "", ""]


def test_what_is_not_known_is_stated_as_such():
    metadata, table, _ = read(
        [numbers("height", [1.5, np.nan]), numbers("storeys", [np.nan, 3], dtype="<i4")]
    )
    assert table["height"].tolist() == [1.5, UNKNOWN]
    assert table["storeys"].tolist() == [UNKNOWN, 3]
    properties = metadata["schema"]["classes"]["building"]["properties"]
    assert properties["height"] == {
        "type": "SCALAR",
        "componentType": "FLOAT32",
        "noData": UNKNOWN,
    }
    assert properties["storeys"]["componentType"] == "INT32"


def test_there_is_exactly_one_table_of_one_class():
    metadata, _, _ = read([Column("id", ["a"])], "city_object")
    assert [table["class"] for table in metadata["propertyTables"]] == ["city_object"]
    assert list(metadata["schema"]["classes"]) == ["city_object"]


@given(st.text(max_size=80))
def test_each_name_becomes_an_identifier_of_the_schema(name):
    assert identifier(name).isidentifier()
    assert identifier(name).isascii()
