"""Names that a case gives to numbers and to curves, for its formulas."""

import keyword

import numpy as np

from hydrology.cases.csv import read_rows
from hydrology.cases.expressions import WORDS, Expression, Words
from hydrology.cases.tables import is_number


def read_words(case):
    """Constants and profiles of a case.

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file: `[constants]`, numbers or formulas of those above them; `[profiles]`,
        rows [[argument, value], ...] or CSVs of them, linear between and constant beyond.

    Returns
    -------
    Words

    Raises
    ------
    InputError
        A name is none or means something already, or what it stands for cannot be.
    MissingError
        A CSV is not there.
    """
    constants, profiles = {}, {}
    table = case.table("constants")
    for name, value in table.values.items():
        _require_name(table, name, constants)
        constants[name] = _number(table, name, value, Words(dict(constants)))
    table = case.table("profiles")
    for name in table.values:
        _require_name(table, name, constants)
        profiles[name] = _rows(table, name)
    return Words(constants, profiles)


def _require_name(table, name, taken):
    is_name = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    if not is_name or name in WORDS or name in taken:
        raise table.refusal(name, "another name: letters, digits and _, no word of formulas")


def _number(table, name, value, words):
    if is_number(value):
        return float(value)
    if not isinstance(value, str):
        raise table.refusal(name, "a number or a formula of the constants above it")
    try:
        number = float(Expression(value, words, ()).evaluate())
    except ValueError as error:
        raise table.refusal(name, f"a formula of the constants above it ({error})") from None
    if not np.isfinite(number):
        raise table.refusal(name, "a formula with a finite value")
    return number


def _rows(table, name):
    if isinstance(table.values[name], str):
        return read_rows(table.path(name), "argument, value")
    return table.rows(name, "rows [[argument, value], ...] of rising arguments, or a CSV")
