"""The thresholds of the tests: read from TOML, checked, in SI, overridable by a city."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputError, MissingError
from twin.units import factor_to_si

DEFAULT_FILE = Path(__file__).with_name("rules.toml")

QUANTITIES = {
    "rainfall_rate": "rate",
    "water_depth": "length",
    "water_level": "length",
    "is_wet": "fraction",
    "discharge": "discharge",
    "pump_state": "fraction",
    "gate_state": "fraction",
}
"""What each property measures."""

# name -> (quantity, or "value" for that of the property; numbers: 1, 2 or a pair a month)
RULES = {
    "cadence": ("time", 1),
    "gap": ("time", 1),
    "skew": ("time", 1),
    "range_fail": ("value", 2),
    "range_suspect": ("value", 2),
    "climatology": ("value", 24),
    "spike_suspect": ("value", 1),
    "spike_fail": ("value", 1),
    "rate_suspect": ("rate", 1),
    "rate_fail": ("rate", 1),
    "flat_tolerance": ("value", 1),
    "flat_above": ("value", 1),
    "flat_suspect": ("time", 1),
    "flat_fail": ("time", 1),
    "flat_rain": ("length", 1),
    "flat_wet": ("time", 1),
    "attenuated_range": ("value", 1),
    "attenuated_window": ("time", 1),
    "attenuated_rain": ("length", 1),
    "step_suspect": ("value", 1),
    "dry_rain": ("length", 1),
    "dry_time": ("time", 1),
    "baseline_range": ("value", 2),
    "baseline_spread": ("value", 1),
    "baseline_window": ("time", 1),
    "baseline_evidence": ("time", 1),
    "drift_rise": ("value", 1),
    "drift_window": ("time", 1),
    "drift_rate": ("rate", 1),
    "unit_smallest": ("value", 1),
    "slope_tolerance": ("value", 1),
    "neighbours_radius": ("length", 1),
    "neighbours_count": ("fraction", 1),
    "zero_time": ("time", 1),
    "zero_neighbours": ("value", 1),
    "influx_time": ("time", 1),
    "influx_rain": ("length", 1),
    "influx_neighbours": ("length", 1),
}
"""Every rule; which test uses it is the word before its first underscore."""


@dataclass(frozen=True)
class Rules:
    """Thresholds in SI, by property, source and station.

    Attributes
    ----------
    table : dict
        ``(source_id, station_id, property) -> {rule: number or tuple}``; an empty source or
        station holds for all of them.
    """

    table: dict

    def of(self, property, source_id="", station_id=""):
        """Rules of one series [SI]: those of its station win over its source's, then the rest.

        Parameters
        ----------
        property, source_id, station_id : str

        Returns
        -------
        dict
            Rule -> number, or tuple for pairs. A rule that is not there is not evaluated.
        """
        merged = {}
        for key in (("", "", property), (source_id, "", property), ("", station_id, property)):
            merged.update(self.table.get(key, {}))
        return merged

    def longest(self, names):
        """Longest of some times over all series [s]; 0 where there is none."""
        return max(
            (rules[name] for rules in self.table.values() for name in names if name in rules),
            default=0.0,
        )


def read_rules(*files):
    """Rules of Floodtwin, with those of a city over them.

    Parameters
    ----------
    *files : path
        TOML files of the form of `rules.toml`; later ones win, rule by rule.

    Returns
    -------
    Rules

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        A file is no TOML, or a rule is unknown, has no reason, or a wrong unit or number.
    """
    table = {}
    for file in (DEFAULT_FILE, *map(Path, files)):
        for key, rules in _read(file).items():
            table.setdefault(key, {}).update(rules)
    return Rules(table)


def _read(file):
    if not file.is_file():
        raise MissingError(f"no rules of quality at {file}, expected a TOML file; check the path")
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no TOML ({error}); correct the line named") from error
    table = {}
    for name, content in document.items():
        if name == "source":
            parts = [((source, ""), part) for source, part in _table(content, name, file)]
        elif name == "station":
            parts = [(("", station), part) for station, part in _table(content, name, file)]
        else:
            parts = [(("", ""), {name: content})]
        for scope, properties in parts:
            for property, rules in _table(properties, name, file):
                table[(*scope, property)] = _rules(rules, property, file)
    return table


def _rules(rules, property, file):
    if property not in QUANTITIES:
        raise InputError(
            f"{file} has rules for {property!r}, expected one of {', '.join(QUANTITIES)}; "
            "correct the name"
        )
    return {
        name: _number(name, rule, property, file) for name, rule in _table(rules, property, file)
    }


def _table(content, name, file):
    if not isinstance(content, dict):
        raise InputError(
            f"{file}: {name} is {content!r}, expected a table; see {DEFAULT_FILE.name}"
        )
    return content.items()


def _number(name, rule, property, file):
    """Value of one rule in SI."""
    where = f"{file}: {property}.{name}"
    if name not in RULES:
        raise InputError(f"{where} is not a rule, expected one of {', '.join(RULES)}")
    if not isinstance(rule, dict) or not {"value", "unit", "reason"} <= set(rule):
        raise InputError(f"{where} is {rule!r}, expected value, unit and reason; add them")
    quantity, count = RULES[name]
    quantity = QUANTITIES[property] if quantity == "value" else quantity
    unit, power = rule["unit"], 1.0
    if unit == "km":
        unit, power = "m", 1000.0
    factor = factor_to_si(unit, quantity) * power
    numbers = _flat(rule["value"])
    is_good = len(numbers) == count and all(
        isinstance(number, int | float) and math.isfinite(number) for number in numbers
    )
    if not is_good or (count > 1 and any(a > b for a, b in _pairs(numbers))):
        raise InputError(
            f"{where} has the value {rule['value']!r}, expected {count} finite numbers, "
            "the lower of each pair first"
        )
    scaled = tuple(number * factor for number in numbers)
    return scaled[0] if count == 1 else scaled


def _flat(value):
    if not isinstance(value, list):
        return [value]
    return [number for part in value for number in _flat(part)]


def _pairs(numbers):
    return zip(numbers[::2], numbers[1::2], strict=True)
