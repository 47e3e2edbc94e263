"""The case that the document of the grammar shows can be read as it stands."""

import re
import tomllib
from pathlib import Path

import hydrology
from hydrology.cases.case import OF_OTHERS, TABLES
from hydrology.cases.run import run_case

DOCUMENT = Path(hydrology.__file__).parent / "CASES.md"


def shown():
    return re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]


def test_the_case_that_is_shown_runs(load_text):
    case = load_text(shown())
    assert len(case.structures) == 6
    assert len(case.boundaries) == 3
    assert case.terrain["elevation"].shape == (25, 100)
    run = run_case(case)
    assert abs(run.simulation.ledger["relative_error"]) < 1e-6
    assert run.gauges.names == ("at the bridge",)
    assert run.gauges.seconds.tolist() == list(range(0, 181, 10))
    assert 10.1 < run.gauges.level[-1, 0] < 10.3


def test_every_table_is_shown():
    text = DOCUMENT.read_text()
    assert set(tomllib.loads(shown())) >= {*TABLES} - {"gauges"}
    assert all(f"`[{name}]`" in text or f"`[[{name}]]`" in text for name in ("gauges", *OF_OTHERS))
