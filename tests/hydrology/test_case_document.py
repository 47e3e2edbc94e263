"""The case that the document of the grammar shows can be read as it stands."""

import re
import tomllib
from pathlib import Path

import hydrology
from hydrology.case import OF_OTHERS, TABLES

DOCUMENT = Path(hydrology.__file__).parent / "CASES.md"


def shown():
    return re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]


def test_the_case_that_is_shown_is_read(load_text):
    case = load_text(shown())
    assert case.seconds == 180
    assert len(case.structures) == 6
    assert len(case.boundaries) == 2
    assert case.terrain["elevation"].shape == (25, 100)


def test_every_table_is_shown():
    text = DOCUMENT.read_text()
    assert set(tomllib.loads(shown())) >= {*TABLES} - {"gauges"}
    assert all(f"`[{name}]`" in text or f"`[[{name}]]`" in text for name in ("gauges", *OF_OTHERS))
