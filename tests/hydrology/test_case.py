"""A case file is a run as it says, and what is wrong in it is one line."""

import json

import numpy as np
import pytest
import rasterio

from service.cli import main
from twin.errors import InputError
from twin.grid import Grid

FIELD = Grid(250_000.0, 2_700_000.0, 10.0, 30, 20, "EPSG:3826")
RAINY = """
hours = 1
[terrain]
dem = "dem.tif"
edges = "closed"
[rain]
source = "rain.csv"
[losses]
source = "losses.csv"
"""
FULL = """
hours = 0.1
[terrain]
dem = "dem.tif"
manning = 0.03
[[roughness]]
polygon = "zone.csv"
manning = 0.02
[rain]
source = 10
[[inflow]]
name = "creek"
line = [[250025, 2699905], [250045, 2699905]]
discharge = [[0, 1], [60, 2]]
[[stage]]
line = [[250225, 2699905], [250245, 2699905]]
level = 5
[gauges]
file = "gauges.csv"
id = "id"
observed = "level"
[settings]
courant = 0.7
"""
UNEQUAL = "Time (s),Rain (mm/h)\n0,49.99\n3600,50\n7200,0\n"


@pytest.fixture
def folder(tmp_path):
    """A flat field with rain, losses and a gauge beside the case file."""
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "height": FIELD.ny, "width": FIELD.nx,
        "crs": FIELD.crs, "transform": FIELD.transform,
    }  # fmt: skip
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as raster:
        raster.write(np.full(FIELD.shape, 5.0, "f4"), 1)
    (tmp_path / "rain.csv").write_text(UNEQUAL)
    (tmp_path / "losses.csv").write_text("Time (s),Losses (mm/h)\n0,0\n3600,6\n")
    (tmp_path / "gauges.csv").write_text("id,x,y,level\nG,250115.0,2699895.0,5.1\n")
    (tmp_path / "zone.csv").write_text("250020,2699990\n250090,2699990\n250090,2699900\n")
    (tmp_path / "two.csv").write_text("250020,2699990\n250090,2699990\n")
    (tmp_path / "words.csv").write_text("id,x,y,level\nG,here,there,low\n")
    (tmp_path / "plain.csv").write_text("id,east,north\nG,250115.0,2699895.0\n")
    return tmp_path


@pytest.fixture
def ask(folder, capsys):
    """Run a case: its answer, and the manifest that it leaves."""

    def run(text, *words):
        (folder / "case.toml").write_text(text)
        command = ["simulate", folder / "case.toml", "--out", folder / "runs", *words, "--json"]
        assert main([str(word) for word in command]) == 0
        answer = json.loads(capsys.readouterr().out)
        manifest = json.loads((folder / "runs" / answer["run_id"] / "manifest.json").read_text())
        return answer, manifest

    return run


@pytest.fixture
def refuse(folder, capsys):
    """Run a case that cannot be: the one line that says why; nothing is left."""

    def run(text):
        (folder / "case.toml").write_text(text)
        code = main(["simulate", str(folder / "case.toml"), "--out", str(folder / "runs")])
        lines = capsys.readouterr().err.splitlines()
        assert code == 2
        assert len(lines) == 1
        assert lines[0].startswith("floodtwin: error:")
        assert not list((folder / "runs").glob("**/*"))
        return lines[0]

    return run


def test_the_hours_that_are_asked_for_reach_the_rain_not_the_mean_of_the_losses(ask):
    text = RAINY.replace('"rain.csv"', "30").replace("hours = 1\n", "hours = 2\n")
    for hours in (1, 2):
        answer, _ = ask(text, "--hours", hours)
        assert answer["rain_mm"] == pytest.approx(30 * hours, rel=1e-5)
        assert answer["rain_times"] is None
        drained = 1000 * answer["ledger"]["drained"] / (600 * 100.0)
        assert drained == pytest.approx(3 * hours, rel=1e-3), "the mean over two hours is 3 mm/h"


def test_what_is_averaged_or_sampled_over_a_case_needs_its_length(load_text, folder):
    text = RAINY.replace("hours = 1\n", "")
    with pytest.raises(InputError, match="losses are a CSV.*add hours or seconds to the file"):
        load_text(text, hours=1)
    text = text.replace('[losses]\nsource = "losses.csv"', "")
    place = "[[inflow]]\npoint = [250050, 2699950]\n"
    with pytest.raises(InputError, match="discharge in .* without series_seconds.*add hours"):
        load_text(text + place + 'discharge = "t"', hours=1)
    case = load_text(text + place + 'discharge = "t"\nseries_seconds = 60', hours=1)
    assert case.boundaries[0].seconds[1] == 60


def test_the_meaning_of_rain_times_is_said_and_shown(ask):
    for words, key, rule, depth in (
        ((), "", "begin", 99.99),
        ((), 'times = "end"', "end", 50.0),
        (("--rain-times", "begin"), 'times = "end"', "begin", 99.99),
    ):
        text = RAINY.replace('"rain.csv"', f'"rain.csv"\n{key}')
        answer, manifest = ask(text, "--hours", "2", *words)
        assert answer["rain_mm"] == pytest.approx(depth, rel=1e-5)
        assert answer["rain_times"] == manifest["settings"]["rain_times"] == rule


def test_the_report_names_rain_that_did_not_fall(folder, capsys):
    (folder / "case.toml").write_text(RAINY)
    command = f"simulate {folder}/case.toml --hours 2 --rain-times end --out {folder}/runs"
    assert main(command.split()) == 0
    said = "50.0 mm, each rate held since the row before it (--rain-times end); the 49.99 mm/h of"
    assert said in capsys.readouterr().out


def test_rain_without_a_date_that_starts_late_keeps_the_clock_of_the_run(folder, ask):
    (folder / "rain.csv").write_text("Time (s),Rain (mm/h)\n1800,20\n3600,0\n")
    answer, manifest = ask(RAINY)
    assert answer["valid_from"] == manifest["times"][0] == "2000-01-01T00:00:00Z"
    assert answer["rain_mm"] == pytest.approx(10, rel=1e-5)


def test_a_full_case_runs_and_names_its_files(ask):
    answer, manifest = ask(FULL)
    assert answer["ledger"]["inflow"] > 1.5 * 300
    names = [file["name"] for file in manifest["inputs"]]
    assert names == ["case.toml", "dem.tif", "zone.csv", "gauges.csv"]
    assert answer["rmse_m"] is not None


@pytest.mark.parametrize("edges", ["closed", "north,east", "free"])
def test_edges_may_stand_in_either_table(ask, edges):
    line = f'edges = "{edges}"'
    for text in (
        FULL.replace('dem = "dem.tif"', f'dem = "dem.tif"\n{line}'),
        FULL.replace("courant = 0.7", line),
    ):
        assert ask(text)[1]["settings"]["edges"] == edges


LINE = "line = [[250025, 2699905], [250045, 2699905]]"
SERIES = "discharge = [[0, 1], [60, 2]]"
DEM, RAIN, GAUGES = 'dem = "dem.tif"', "source = 10", 'file = "gauges.csv"'
ZONE = 'polygon = "zone.csv"'


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("hours = 0.1", 'hours = "x"', "hours is 'x' in case.toml"),
        ("hours = 0.1", "hours = 0", "hours is 0 in case.toml, expected a number above 0"),
        ("hours = 0.1", "hours = nan", "hours is nan"),
        ("hours = 0.1", "hours = inf", "hours is inf"),
        ("hours = 0.1", "hours = true", "hours is True"),
        ("hours = 0.1", "", "case.toml has no hours"),
        ("hours = 0.1", "hours = 0.1\nname = 5", "name is 5"),
        ("hours = 0.1", "hours = 0.1\nhour = 2", "case.toml has hour, expected name, hours,"),
        ("hours = 0.1", "hours = ", "is not TOML"),
        (DEM, "dem = 5", "dem is 5 in [terrain]"),
        (DEM, "", "there is no terrain"),
        (DEM, 'dem = "none.tif"', "none.tif is missing"),
        (DEM, f'{DEM}\ncell_size = "2"', "cell_size is '2' in [terrain], expected a number"),
        (DEM, f"{DEM}\ncrs = 3826", "crs is 3826 in [terrain], expected a text"),
        (DEM, f'{DEM}\nedges = "up"', "edges is 'up'"),
        (DEM, f"{DEM}\nedges = 1", "edges is 1 in [terrain]"),
        (DEM, f'{DEM}\ndtm = "a"', "[terrain] has dtm, expected dem,"),
        ("manning = 0.03", 'manning = "rough"', "manning in [terrain]: expression 'rough' has the"),
        ("manning = 0.03", "manning = 1e9", "manning"),
        (ZONE, "", "[[roughness]] number 1 has no polygon"),
        (ZONE, 'polygon = "two.csv"', "two.csv has 2 rows, expected the 3 or more corners"),
        (ZONE, 'polygon = "words.csv"', "words.csv has 'id' in column 0 of row 1"),
        (ZONE, 'polygon = "dem.tif"', "dem.tif is not a CSV"),
        ("manning = 0.02", "", "[[roughness]] number 1 has no manning"),
        ("manning = 0.02", "manning = -1", "manning is -1 in [[roughness]] number 1"),
        ("manning = 0.02", "manning = 0.02\nn = 1", "[[roughness]] number 1 has n, expected poly"),
        (RAIN, "source = [1]", "source is [1] in [rain], expected rows [[seconds, mm/h]"),
        (RAIN, "source = nan", "source is nan in [rain]"),
        (RAIN, "source = -1", "rain of -1 mm/h"),
        (RAIN, "", "[rain] has no source"),
        (RAIN, 'source = "none.csv"', "none.csv is not there"),
        (RAIN, f"{RAIN}\nrate = 1", "[rain] has rate, expected source, times"),
        (RAIN, f'{RAIN}\ntimes = "end"', "rain times 'end' was given with the rain '10"),
        (RAIN, 'source = "rain.csv"\ntimes = "start"', "rain times is 'start', expected one of"),
        (RAIN, f"{RAIN}\n[losses]\nsource = [1]", "source is [1] in [losses]"),
        (RAIN, f"{RAIN}\n[losses]", "[losses] has no source"),
        ("[[inflow]]", "[inflow]", "expected a list of tables, each under [[inflow]]"),
        (LINE, 'line = ["a", "b"]', "line is ['a', 'b'] in [[inflow]] number 1, expected two or"),
        (LINE, 'line = "a"', "line is 'a'"),
        (LINE, "line = [[250025, 2699905]]", "expected two or more points"),
        (LINE, "line = [[250025, 2699905], [250045]]", "expected two or more points"),
        (LINE, "line = [[nan, 2699905], [250045, 2699905]]", "expected two or more points"),
        (LINE, "line = [[250025, 2699905], [1e200, 0]]", "leaves the grid"),
        (LINE, "", "[[inflow]] number 1 has no line"),
        (SERIES, 'discharge = "x"', "discharge in [[inflow]] number 1: expression 'x' has"),
        (SERIES, "discharge = [[0, 1], [60]]", "expected a number, or rows"),
        (SERIES, "discharge = [[60, 1], [0, 2]]", "rising seconds"),
        (SERIES, "discharge = nan", "discharge is nan"),
        (SERIES, "level = 1", "[[inflow]] number 1 has level, expected name, discharge"),
        (SERIES, "", "[[inflow]] number 1 has no discharge"),
        ('name = "creek"', "name = 1", "name is 1 in [[inflow]] number 1"),
        ("level = 5", "level = []", "level is [] in [[stage]] number 1"),
        (GAUGES, "", "[gauges] has no file"),
        (GAUGES, 'file = "none.csv"', "none.csv is not there"),
        (GAUGES, 'file = "plain.csv"', "plain.csv has no column level"),
        (GAUGES, 'file = "words.csv"', "words.csv has 'low' in column level of row 1"),
        ('id = "id"', 'id = "station"', "gauges.csv has no column station"),
        ('id = "id"', 'x = "id"', "[gauges] has x, expected file, id, observed"),
        ('observed = "level"', "observed = 5", "observed is 5 in [gauges]"),
        ('file = "gauges.csv"\nid = "id"\nobserved = "level"', 'file = "plain.csv"',
         "plain.csv has no column x"),
        ("courant = 0.7", 'courant = "a"', "courant is 'a' in [settings], expected a number"),
        ("courant = 0.7", 'frame_seconds = "a"', "frame_seconds is 'a' in [settings]"),
        ("courant = 0.7", "courant = 7", "courant is 7"),
        ("courant = 0.7", "dtype = 32", "dtype is 32 in [settings], expected a text"),
        ("courant = 0.7", "speed = 1", "[settings] has speed, expected scheme,"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_case_is_one_line(folder, refuse, right, wrong, says):
    assert FULL.count(right) == 1
    assert says in refuse(FULL.replace(right, wrong))


@pytest.mark.parametrize("value", ['"x"', "5", "[1]"])
@pytest.mark.parametrize("key", ["terrain", "rain", "losses", "gauges", "settings", "roughness",
                                 "inflow", "stage"])  # fmt: skip
def test_a_table_that_is_none_is_one_line(refuse, key, value):
    others = f"[terrain]\n{DEM}\n" if key != "terrain" else ""
    line = refuse(f"hours = 0.1\n{key} = {value}\n{others}")
    assert f"{key} is {value}" in line.replace("'", '"')
