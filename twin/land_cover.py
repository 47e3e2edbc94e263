"""Land cover to roughness, sealing and infiltration, by a table that the user can replace.

The table has one row a class: ``code,name,manning,imperviousness,infiltration_mm_h,drain_mm_h``.
The row with code ``default`` serves every class that has no row. An empty ``drain_mm_h`` means 0.

Notes
-----
The default table `land_cover.csv` has the classes of ESA WorldCover (10 m, 2021). Its Manning
values are the normal values of flood plains in Chow (1959), *Open-channel hydraulics*, table 5-6:
grassland between short and high grass (0.030, 0.035), cropland mature row crops (0.035), shrubland
light brush and trees in summer (0.060), tree cover a heavy stand of timber with flow below branches
(0.100), mangroves dense willows (0.150), water a clean straight channel (0.030).

Judgements, for want of a measured value: built-up 0.030 (streets and yards between buildings that
are in the terrain themselves: asphalt alone has 0.016), bare ground, snow and ice 0.030 (ground
with no crop), wetland 0.070 (as dense brush in winter), moss 0.035, every other class 0.040.
Imperviousness of built-up land (0.7) is a judgement too; open water counts as sealed because
nothing infiltrates there. Infiltration is that of soil that is wet already, hydrologic soil
group B (3.8 to 7.6 mm/h, Musgrave 1955) on open land and at its lower end in the city; on sand or
clay it is another. The table claims no storm drains, since their capacity differs from city to
city: give `drain_mm_h` where it is known.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.input_file import require_file
from twin.units import MM_PER_HOUR

DEFAULT_TABLE = Path(__file__).with_name("land_cover.csv")

_COLUMNS = ("code", "name", "manning", "imperviousness", "infiltration_mm_h")
_RANGES = {
    "manning": (0.001, 1.0),
    "imperviousness": (0.0, 1.0),
    "infiltration_mm_h": (0.0, 1000.0),
    "drain_mm_h": (0.0, 1000.0),
}
_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class CoverClass:
    """One class of land cover, in SI.

    Parameters
    ----------
    name : str
        Name for people.
    manning : float
        Roughness [s m-1/3].
    imperviousness : float
        Share that is sealed [1].
    infiltration_rate, drain_capacity : float
        What unsealed ground and storm drains take [m s-1].
    """

    name: str
    manning: float
    imperviousness: float
    infiltration_rate: float
    drain_capacity: float


def read_table(path=None):
    """Table of land cover classes, checked.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A CSV file; default is the table of ESA WorldCover classes that comes with the package.

    Returns
    -------
    dict of (int or "default") to CoverClass

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        A column, the default row or a number is missing or out of its range.

    Examples
    --------
    >>> read_table()[50].manning
    0.03
    """
    path = Path(path) if path else DEFAULT_TABLE
    reader = csv.DictReader(io.StringIO(_text(path)))
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path} has no column {missing[0]}, expected {', '.join(_COLUMNS)} and drain_mm_h; "
            "add it"
        )
    table = {}
    for number, row in enumerate(reader, start=2):
        code = _code(path, number, row["code"])
        if code in table:
            raise InputError(f"{path} line {number} repeats code {code}, expected each once")
        table[code] = _cover_class(path, number, row)
    if "default" not in table:
        raise InputError(
            f"{path} has no row with code default, expected one for classes that are not listed; "
            "add it"
        )
    return table


def terrain_of_cover(codes, table):
    """Terrain fields of a raster of land cover classes.

    Parameters
    ----------
    codes : numpy.ndarray of int
        Class of each cell, shape (y, x).
    table : dict of (int or "default") to CoverClass
        From `read_table`.

    Returns
    -------
    tuple of (dict of str to numpy.ndarray, dict of int to int)
        float32 fields manning [s m-1/3], imperviousness [1], infiltration_rate [m s-1] and, where
        the table knows any, drain_capacity [m s-1]; and the cells of each class not in the table.
    """
    present, inverse, cells = np.unique(codes, return_inverse=True, return_counts=True)
    rows = [table.get(int(code), table["default"]) for code in present]
    names = ["manning", "imperviousness", "infiltration_rate"]
    if any(cover.drain_capacity for cover in table.values()):
        names.append("drain_capacity")
    inverse = inverse.reshape(codes.shape)
    fields = {
        name: np.array([getattr(row, name) for row in rows], dtype=np.float32)[inverse]
        for name in names
    }
    pairs = zip(present, cells, strict=True)
    return fields, {int(code): int(n) for code, n in pairs if int(code) not in table}


def _text(path):
    require_file(path, "a CSV of land cover classes")
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path} has over {_MAX_BYTES} bytes, expected a table of classes")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text, expected a CSV; save it as UTF-8") from None


def _code(path, number, text):
    text = (text or "").strip()
    if text == "default":
        return text
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"{path} line {number} has code {text[:40]!r}, expected a whole number or 'default'; "
            "correct it"
        ) from None


def _cover_class(path, number, row):
    values = {name: _number(path, number, row, name) for name in _RANGES}
    return CoverClass(
        str(row["name"] or "").strip(),
        values["manning"],
        values["imperviousness"],
        values["infiltration_mm_h"] * MM_PER_HOUR,
        values["drain_mm_h"] * MM_PER_HOUR,
    )


def _number(path, number, row, name):
    text = (row.get(name) or "").strip()
    lowest, highest = _RANGES[name]
    if name == "drain_mm_h" and not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise InputError(
            f"{path} line {number} has {name} = {text[:40]!r}, expected a number from {lowest:g} "
            f"to {highest:g}; correct it"
        )
    return value
