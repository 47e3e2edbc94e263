"""The ingest benchmark measures a real store."""

import json

import pytest

from benchmarks.ingest import BATCHES, BOUND, bench_ingest, make_batch
from service.cli import main
from service.words.bench_report import bench_ingest as bench_text
from twin.errors import InputError
from twin.observations.store import ObservationStore


def test_new_and_known_readings_are_measured(tmp_path):
    result = bench_ingest(20_000, tmp_path / "store")
    assert [(row["what"], row["batch"]) for row in result["rows"]] == [
        (what, batch) for batch in BATCHES for what in ("new", "known")
    ]
    kept = ObservationStore(tmp_path / "store").series("water_level")
    assert len(kept) == 2 * 20_000  # once for each batch size, known ones not again
    assert all(row["per_second"] > BOUND for row in result["rows"])
    assert "readings/s" in bench_text(result | {"file": None})


def test_a_store_that_is_in_use_is_not_measured(tmp_path):
    ObservationStore(tmp_path).append(make_batch(10, 0))
    with pytest.raises(InputError, match="is not empty"):
        bench_ingest(20_000, tmp_path)


def test_the_command_line_measures_ingest(tmp_path, capsys):
    assert main(["bench", "ingest", "--readings", "10000", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 4
    assert main(["bench", "ingest", "--readings", "5"]) == 2
    assert "expected" in capsys.readouterr().err
