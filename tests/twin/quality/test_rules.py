"""Rules have units and reasons, and a city's own win."""

import tomllib

import pytest

from tests.twin.quality.quality_frames import flags_of, readings
from twin.errors import InputError, MissingError
from twin.quality.judge import judge
from twin.quality.rules import DEFAULT_FILE, RULES, read_rules


def own(tmp_path, text):
    file = tmp_path / "quality.toml"
    file.write_text(text)
    return file


def test_every_rule_has_a_reason():
    document = tomllib.loads(DEFAULT_FILE.read_text())
    for property, rules in document.items():
        for name, rule in rules.items():
            assert len(rule["reason"]) > 10, f"{property}.{name}"


def test_values_are_in_si():
    rules = read_rules().of("rainfall_rate")
    assert rules["range_fail"] == pytest.approx((0, 400e-3 / 3600))
    assert rules["neighbours_radius"] == 10_000
    assert rules["zero_time"] == 3600


def test_a_station_wins_over_its_source_and_that_over_the_rest(tmp_path):
    file = own(
        tmp_path,
        '[source.x.water_depth]\nspike_fail = { value = 90, unit = "cm", reason = "weirs" }\n'
        'range_fail = { value = [0, 3], unit = "m", reason = "posts of 3 m" }\n'
        '[station.S1.water_depth]\nrange_fail = { value = [0, 1], unit = "m", reason = "short" }\n',
    )
    rules = read_rules(file)
    assert rules.of("water_depth", "x", "S1")["range_fail"] == (0, 1)
    assert rules.of("water_depth", "x", "S2")["range_fail"] == (0, 3)
    assert rules.of("water_depth", "x", "S1")["spike_fail"] == pytest.approx(0.9)
    assert rules.of("water_depth", "y", "S2") == read_rules().of("water_depth")
    assert flags_of(judge(readings([0.0, 1.2]), None, rules))[0][1] == 4


def test_climatology_is_judged_by_the_month(tmp_path):
    pairs = [[0, 9]] * 4 + [[2, 3]] + [[0, 9]] * 7
    rule = f'climatology = {{ value = {pairs}, unit = "m", reason = "gate shut in May" }}'
    rules = read_rules(own(tmp_path, f"[water_level]\n{rule}\n"))
    flags, _ = flags_of(judge(readings([2.5, 2.5, 3.2], name="water_level"), None, rules))
    assert flags.tolist() == [1, 1, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[water_depth", "is no TOML"),
        ('[salinity]\ngap = { value = 1, unit = "s", reason = "r" }', "has rules for 'salinity'"),
        ('[water_depth]\nspeed = { value = 1, unit = "s", reason = "r" }', "is not a rule"),
        ('[water_depth]\ngap = { value = 1, unit = "s" }', "expected value, unit and reason"),
        (
            '[water_depth]\ngap = { value = 1, unit = "m", reason = "r" }',
            "not a known unit of time",
        ),
        ('[water_depth]\ngap = { value = inf, unit = "s", reason = "r" }', "finite"),
        ('[water_depth]\ngap = { value = "1", unit = "s", reason = "r" }', "finite"),
        ('[water_depth]\ngap = { value = 1, unit = 3, reason = "r" }', "unit"),
        ('[water_depth]\nrange_fail = { value = [2, 1], unit = "m", reason = "r" }', "lower"),
        ("[water_depth]\ngap = 3", "expected value, unit and reason"),
        ("water_depth = 3", "expected a table"),
        ("[source]\nx = 3", "expected a table"),
    ],
)
def test_wrong_rules_are_named(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_rules(own(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"no rules of quality at .*none\.toml"):
        read_rules(tmp_path / "none.toml")


def test_every_known_rule_is_one_that_a_test_uses():
    """A rule that nothing reads would promise what is not done."""
    source = "".join(file.read_text() for file in DEFAULT_FILE.parent.glob("*.py"))
    for name in RULES:
        assert source.count(f'"{name}"') >= 2, name
