"""Which fields a run has is told of the files that lie there now."""

from pathlib import Path

import numpy as np
import pytest

from service.cog_file import write_cog
from service.runs import Run
from service.web.run_fields import find_field, legends
from twin.errors import MissingError
from twin.grid import Grid

GRID = Grid(250_000.0, 2_700_000.0, 5.0, 30, 20, "EPSG:3826")


def _write(folder, names):
    bands = [np.full(GRID.shape, 0.5, "f4") for _ in names]
    write_cog(folder / "aside.tif", bands, names, ["1"] * len(names), GRID, {})
    (folder / "aside.tif").replace(folder / "maxima.tif")


def test_another_file_in_the_same_place_is_another_raster(tmp_path):
    run = Run(Path(tmp_path), {"run_id": "r", "products": {}})
    _write(tmp_path, ["max_depth"])
    before = find_field(run, "max_depth")
    assert find_field(run, "max_depth")["stamp"] == before["stamp"]
    _write(tmp_path, ["max_speed", "max_depth"])
    after = find_field(run, "max_depth")
    assert (before["band"], after["band"]) == (1, 2)
    assert before["stamp"] != after["stamp"]
    assert [row["field"] for row in legends(run)] == ["max_speed", "max_depth"]


def test_a_run_without_rasters_has_no_field(tmp_path):
    run = Run(Path(tmp_path), {"run_id": "r", "products": {}})
    with pytest.raises(MissingError, match=r"run r has no maxima\.tif"):
        find_field(run, "max_depth")
