"""Machine code kept between runs: shared by processes, and never worth a failed run."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hydrology.solver.kept_code import CodeFiles

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, logging, sys
import numpy as np
logging.getLogger().addHandler(logging.NullHandler())
from hydrology.solver.compiled import serial

@serial
def total(values):
    found = values[0]
    for value in values[1:]:
        found += value
    return found

answers = [float(total(np.arange(4, dtype=kind))) for kind in sys.argv[1:]]
stats = total.stats
print(json.dumps([answers, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))
"""


@pytest.fixture
def program(tmp_path):
    """Start a program with a function of its own to compile, for kinds of arguments."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)

    def start(folder, *kinds):
        return subprocess.Popen(
            [sys.executable, str(path), *kinds],
            cwd=ROOT,
            env={**os.environ, "FLOODTWIN_CACHE": str(folder), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def answer(child):
    """What a program says, once it has ended well."""
    out, err = child.communicate(timeout=600)
    assert (child.returncode, err) == (0, "")
    return json.loads(out)


def kept(folder):
    """All files of code in a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_processes_that_compile_at_once_keep_what_each_made(program, tmp_path):
    folder = tmp_path / "cache"
    kinds = ("float32", "float64", "int32", "int64")
    children = [program(folder, kind) for kind in kinds]
    assert [answer(child)[0] for child in children] == [[6.0]] * 4
    assert len(kept(folder)) == 4
    assert answer(program(folder, *kinds)) == [[6.0] * 4, 4, 0]


def test_damaged_code_is_compiled_again_and_mended(program, tmp_path):
    folder = tmp_path / "cache"
    kinds = ("float32", "float64", "int32")
    assert answer(program(folder, *kinds)) == [[6.0] * 3, 0, 3]
    empty, noise, half = kept(folder)
    empty.write_bytes(b"")
    noise.write_bytes(b"noise" * 100)
    half.write_bytes(half.read_bytes()[:5000])
    assert answer(program(folder, *kinds)) == [[6.0] * 3, 0, 3]
    assert answer(program(folder, *kinds)) == [[6.0] * 3, 3, 0]


def test_a_full_disk_costs_only_the_next_start(program, disk_of):
    folder = disk_of("64k")
    (folder / "floodtwin").mkdir()
    with (folder / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError):
        while True:
            ballast.write(bytes(1024))
    assert answer(program(folder, "float32")) == [[6.0], 0, 1]
    assert [path.name for path in kept(folder)] == ["ballast"]


def test_a_flipped_bit_is_found(tmp_path):
    files = CodeFiles(tmp_path, "kernel", 1)
    files.save("float32", b"code")
    assert files.load("float32") == b"code"
    assert files.load("float64") is None
    [file] = kept(tmp_path)
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    assert files.load("float32") is None


def test_another_source_has_other_files(tmp_path):
    CodeFiles(tmp_path, "kernel", 1).save("float32", b"code")
    assert CodeFiles(tmp_path, "kernel", 2).load("float32") is None


def test_code_that_cannot_be_used_is_told_in_a_log(program, tmp_path, caplog):
    from hydrology.solver.kept_code import KeptCode

    code = KeptCode(test_a_flipped_bit_is_found)
    code._cache_file.load = lambda key: ("not", "code")
    with caplog.at_level(logging.WARNING, "floodtwin.kernels"):
        assert code.load_overload((), _Target()) is None
    assert "is not used" in caplog.text


class _Target:
    """What Numba compiles for."""

    def refresh(self):
        """Nothing."""

    def codegen(self):
        """Of no use."""
        raise ValueError("no codegen")
