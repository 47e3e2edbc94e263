"""The tables of a scenario, read value by value; what is wrong is said with the edit's number."""

import math
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputError

MOST_POINTS = 10_000


@dataclass(frozen=True)
class EditTable:
    """One table of a scenario.

    Parameters
    ----------
    values : dict
        Keys and values as TOML or JSON has them.
    where : str
        Such as ``edit 3 (pond)``, for messages.
    folder : pathlib.Path
        Paths are relative to it.

    Raises
    ------
    InputError
        From every method: a value is missing or is not what was expected.
    """

    values: dict
    where: str
    folder: Path

    def __contains__(self, key):
        return key in self.values

    def know(self, *keys):
        """Refuse keys that are none of these."""
        unknown = sorted(map(str, set(self.values) - set(keys)))
        if unknown:
            raise InputError(
                f"{self.where} has {', '.join(unknown)[:80]}, expected {', '.join(sorted(keys))}; "
                "correct the name or leave it out"
            )

    def one_of(self, *keys):
        """The only key of some that is given."""
        given = [key for key in keys if key in self]
        if len(given) != 1:
            came = " and ".join(given) or "none of them"
            raise InputError(
                f"{self.where} has {came}, expected exactly one of {', '.join(keys)}; give one"
            )
        return given[0]

    def number(self, key, least=-math.inf, most=math.inf, default=None):
        """Finite number between two ends, which it may reach; `default` where there is none."""
        if key not in self and default is not None:
            return default
        value = self.values.get(key)
        if not is_number(value) or not least <= value <= most:
            ends = [f"from {least:g}"] if math.isfinite(least) else []
            ends += [f"to {most:g}"] if math.isfinite(most) else []
            raise self.refusal(key, " ".join(["a number", *ends]))
        return float(value)

    def text(self, key, default=None):
        """Words that are not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > 400:
            raise self.refusal(key, "a text in quotes")
        return value.strip()

    def truth(self, key, default=None):
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.refusal(key, "true or false")
        return value

    def choice(self, key, choices, default=None):
        """One of some words."""
        value = self.values.get(key, default)
        if value not in choices:
            raise self.refusal(key, f"one of {', '.join(choices)}")
        return value

    def point(self, key):
        """One point as a pair of numbers."""
        value = self.values.get(key)
        if not _is_pair(value):
            raise self.refusal(key, "a point [x, y] of two finite numbers")
        return float(value[0]), float(value[1])

    def points(self, key, least):
        """A list of at least so many points."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(map(_is_pair, value)):
            raise self.refusal(key, "points [[x, y], [x, y]] of finite numbers")
        if not least <= len(value) <= MOST_POINTS:
            raise self.refusal(key, f"{least} to {MOST_POINTS} points")
        return [(float(x), float(y)) for x, y in value]

    def refusal(self, key, expected):
        """Error that names a key, what came and what was expected."""
        if key not in self.values:
            return InputError(f"{self.where} has no {key}, expected {expected}; add it")
        came = repr(self.values[key])
        came = came if len(came) <= 60 else f"{came[:57]}..."
        return InputError(f"{self.where} has {key} = {came}, expected {expected}; correct it")


def is_number(value):
    """Whether a value of TOML or JSON is a finite number."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e300


def _is_pair(value):
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(is_number, value))
