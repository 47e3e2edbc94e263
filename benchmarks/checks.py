"""Checks of a case file: what is measured, against what, and the bound it must keep."""

import inspect
from dataclasses import dataclass, field

from benchmarks.exact import FIELDS, SERIES
from twin.errors import InputError

KEYS = {
    "measure", "bound", "exact", "with", "reference", "value", "at", "gauge", "column", "region",
    "cell_sizes", "skip_seconds", "label",
}  # fmt: skip
"""Keys of a [[check]]."""


@dataclass(frozen=True)
class Check:
    """One ``[[check]]``.

    Parameters
    ----------
    measure : str
        Name in `benchmarks.measures.MEASURES`.
    bound : float
        What the measured value must keep: at most it, or at least it where the measure says so.
    exact, with_ : str or None, dict
        Name of an exact solution and its keywords.
    reference, column : str or None
        CSV of times [s] and values, and the column that is compared.
    value : float or None
        What is expected.
    at : float or None
        Time of the comparison [s]; None for the end of the run.
    gauge : str or None
        Name of the gauge that is compared.
    region : tuple of float or None
        West, south, east and north of the part that counts [m].
    cell_sizes : tuple of float
        Cells of the runs from which an order of convergence is taken [m].
    skip_seconds : float
        Time from the start that is not compared [s].
    label : str
        Words for the report.
    """

    measure: str
    bound: float
    exact: str | None = None
    with_: dict = field(default_factory=dict)
    reference: str | None = None
    column: str | None = None
    value: float | None = None
    at: float | None = None
    gauge: str | None = None
    region: tuple | None = None
    cell_sizes: tuple = ()
    skip_seconds: float = 0.0
    label: str = ""


def read_check(row, number, dtype, path):
    """Read one check.

    Parameters
    ----------
    row : dict
        The table as TOML has it; its bound may be a table of bounds by dtype.
    number : int
        Which of the checks it is, from 1.
    dtype : str
        Precision in which the case is run.
    path : pathlib.Path
        The case file, for messages.

    Returns
    -------
    Check

    Raises
    ------
    InputError
        Something in it cannot be.
    """
    from benchmarks.measures import MEASURES

    where = f"[[check]] number {number}"
    require_known(row, KEYS, where, path)
    require_choice(row, "measure", MEASURES, where, path, needed=True)
    require_choice(row, "exact", FIELDS | SERIES, where, path)
    for key in MEASURES[row["measure"]].needs:
        if key not in row:
            raise InputError(
                f"{where} of {path.name} has no {key}, expected one for {row['measure']}; add it"
            )
    row = dict(row)
    if isinstance(row.get("bound"), dict):
        row["bound"] = row["bound"].get(dtype)
    _require_kinds(row, where, path)
    _require_keywords(row, where, path)
    row["with_"] = row.pop("with", {})
    for key in ("region", "cell_sizes"):
        if key in row:
            row[key] = tuple(row[key])
    return Check(**row)


def _require_kinds(row, where, path):
    """Refuse values of the wrong type."""
    for key in ("bound", "value", "at", "skip_seconds"):
        if (key in row or key == "bound") and not _is_number(row.get(key)):
            raise InputError(
                f"{key} is {row.get(key)!r} in {where} of {path.name}, expected a number"
            )
    for key, least in (("region", 4), ("cell_sizes", 2)):
        value = row.get(key, [0.0] * least)
        is_list = isinstance(value, list) and all(map(_is_number, value))
        if not is_list or len(value) < least or (key == "region" and len(value) > 4):
            raise InputError(
                f"{key} is {value!r} in {where} of {path.name}, expected a list of {least} "
                f"{'numbers: west, south, east, north' if key == 'region' else 'or more numbers'}"
            )
    for key in ("reference", "column", "gauge", "label"):
        if not isinstance(row.get(key, ""), str):
            raise InputError(f"{key} is {row[key]!r} in {where} of {path.name}, expected a text")


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _require_keywords(row, where, path):
    """Refuse keywords that the exact solution does not take, or the lack of those it needs."""
    given = row.get("with", {})
    if "exact" not in row or not isinstance(given, dict):
        if isinstance(given, dict):
            return
        raise InputError(f"with is {given!r} in {where} of {path.name}, expected a table")
    parameters = inspect.signature((FIELDS | SERIES)[row["exact"]]).parameters.values()
    wanted = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"ground"}
    if set(given) != wanted:
        raise InputError(
            f"with has {', '.join(sorted(given)) or 'nothing'} in {where} of {path.name}, expected "
            f"{', '.join(sorted(wanted))} for {row['exact']}; correct it"
        )


def require_choice(row, key, choices, where, path, needed=False):
    """Refuse a value that is none of the choices.

    Raises
    ------
    InputError
        It is none, or is missing though it is needed.
    """
    if key not in row and not needed:
        return
    if row.get(key) not in choices:
        raise InputError(
            f"{key} is {row.get(key)!r} in {where} of {path.name}, expected one of "
            f"{', '.join(sorted(choices))}; choose one"
        )


def require_known(table, keys, where, path):
    """Refuse a table with keys that nobody reads, or what is no table.

    Raises
    ------
    InputError
        Always then.
    """
    if not isinstance(table, dict):
        raise InputError(f"{where} of {path.name} is {table!r}, expected a table; correct it")
    unknown = sorted(set(table) - keys)
    if unknown:
        raise InputError(
            f"{where} of {path.name} has {', '.join(unknown)}, expected some of "
            f"{', '.join(sorted(keys))}; correct the name or leave it out"
        )
