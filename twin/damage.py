"""What water costs: depth-damage curves of buildings, and their range."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError, MissingError

CURVES = Path(__file__).with_name("damage_curves.csv")
"""Curves of the JRC by region and use; a city replaces them by a file of the same columns."""

BOXES = (
    ("Oceania", 110.0, -50.0, 180.0, -11.0),
    ("North America", -170.0, 24.0, -50.0, 84.0),
    ("South America", -118.0, -60.0, -28.0, 24.0),
    ("Europe", -25.0, 34.0, 45.0, 72.0),
    ("Africa", -26.0, 22.0, 32.5, 38.0),
    ("Africa", -26.0, 12.0, 38.5, 22.0),
    ("Africa", -26.0, -36.0, 58.0, 12.0),
)
"""Regions of the JRC as boxes: west, south, east, north [degrees]; the first that holds counts."""

COLUMNS = ("region", "use", "depth_m", "factor")
MOST_ROWS = 10_000

USES = {
    "residential": "residential",
    "apartments": "residential",
    "house": "residential",
    "commercial": "commercial",
    "market": "commercial",
    "retail": "commercial",
    "office": "commercial",
    "school": "commercial",
    "hospital": "commercial",
    "hotel": "commercial",
    "police": "commercial",
    "fire station": "commercial",
    "industrial": "industrial",
    "warehouse": "industrial",
    "substation": "industrial",
    "pump depot": "industrial",
}
"""Use of a building -> use of a curve. As the JRC counts them, schools and hospitals are commerce;
any other use takes the residential curve, and says so."""


@dataclass(frozen=True)
class DamageCurves:
    """Depth-damage curves of one region, with those of the others as their range.

    Parameters
    ----------
    region : str
        Whose curves are the estimate.
    curves : dict of (str, str) to (numpy.ndarray, numpy.ndarray)
        (region, use) -> depths [m] and factors [1], both rising.
    """

    region: str
    curves: dict

    def degree(self, use, depth):
        """Share of a building's value that water of a depth destroys, NaN where unknown [1].

        Parameters
        ----------
        use : str
            Use of a building; see `curve_of`.
        depth : array-like
            Depth over its floor [m].

        Notes
        -----
        Huizinga, De Moel and Szewczyk (2017), EUR 28552 EN, doi 10.2760/16510: linear between the
        points of the curve, constant beyond its last. The figures were compared with two public
        transcriptions of their tables, not with the report itself. Where houses have cellars (North
        America) its table begins above 0 at no depth: here it rises to that within 5 cm.
        """
        return self._read(self.region, self.curve_of(use)[0], depth)

    def range(self, use, depth):
        """Lowest and highest degree that the curves of all regions give at a depth [1].

        Notes
        -----
        How much a curve may be wrong is no figure of its source that could be checked here; what
        curves fitted to other continents say of the same water is, and it is wide.
        """
        use = self.curve_of(use)[0]
        regions = sorted(region for region, other in self.curves if other == use)
        degrees = np.stack([self._read(region, use, depth) for region in regions])
        return degrees.min(axis=0), degrees.max(axis=0)

    def curve_of(self, use):
        """Use whose curve a building gets, and whether its own use was known."""
        known = USES.get(str(use).strip().lower())
        if known is not None and (self.region, known) in self.curves:
            return known, True
        return "residential", False

    def _read(self, region, use, depth):
        depths, factors = self.curves[region, use]
        depth = np.asarray(depth, float)
        factor = np.interp(np.nan_to_num(depth), depths, factors)
        return np.where(np.isfinite(depth), factor, np.nan)


def read_curves(region=None, path=CURVES):
    """Read the curves of a region.

    Parameters
    ----------
    region : str, optional
        As in the file; default the first one there.
    path : path-like
        A CSV with `COLUMNS`; depths in metres over the floor, factors from 0 to 1.

    Returns
    -------
    DamageCurves

    Raises
    ------
    MissingError
        There is no such file or region.
    InputError
        The file holds no curves: a column is absent, a value is no number or a curve falls.
    """
    points = {}
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                _require_row(row, number, path)
                key = row["region"].strip(), row["use"].strip()
                point = [_number(row, name, number, path) for name in ("depth_m", "factor")]
                points.setdefault(key, []).append(point)
    except FileNotFoundError:
        raise MissingError(f"no damage curves at {path}, expected a CSV; restore it") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no CSV ({str(error)[:80]}), expected {COLUMNS}") from None
    curves = {key: _curve(key, rows, path) for key, rows in points.items()}
    region = region or next((name for name, _ in curves), "")
    if (region, "residential") not in curves:
        there = ", ".join(sorted({region for region, _ in curves})) or "none"
        raise MissingError(
            f"{path} has no residential curve for {str(region)[:40]!r}, it has {there}; choose one"
        )
    return DamageCurves(region, curves)


def region_at(longitude, latitude):
    """Region whose curves a place takes: that of the first box around it, else Asia.

    Notes
    -----
    Boxes cut some borders short: a city at one says what it is by curves of its own.

    Examples
    --------
    >>> region_at(4.3, 52.1), region_at(120.3, 23.0), region_at(-74.0, 40.7)
    ('Europe', 'Asia', 'North America')
    """
    for region, west, south, east, north in BOXES:
        if west <= longitude <= east and south <= latitude <= north:
            return region
    return "Asia"


def water_over_floor(depth, floor_height=0.0):
    """Depth of water inside, over the floor: max(0, d - FFE) [m]; NaN stays NaN."""
    depth = np.asarray(depth, float)
    inside = np.maximum(0.0, depth - np.nan_to_num(np.asarray(floor_height, float)))
    return np.where(np.isfinite(depth), inside, np.nan)


def _require_row(row, number, path):
    absent = [name for name in COLUMNS if row.get(name) is None]
    if absent:
        raise InputError(f"{path} line {number} has no {', '.join(absent)}, expected {COLUMNS}")
    if number > MOST_ROWS:
        raise InputError(f"{path} has over {MOST_ROWS} lines, expected some curves; check the file")


def _number(row, name, line, path):
    try:
        value = float(row[name])
    except ValueError:
        value = float("nan")
    if not 0.0 <= value <= 100.0:
        raise InputError(
            f"{path} line {line}: {name} is {row[name][:20]!r}, expected a number from 0"
        )
    return value


def _curve(key, rows, path):
    depths, factors = np.array(sorted(rows)).T
    falls = (np.diff(factors) < 0).any() or (np.diff(depths) <= 0).any() or factors.max() > 1
    if falls:
        raise InputError(
            f"{path}: the curve {' '.join(key)[:60]!r} falls, repeats a depth or goes over 1, "
            "expected factors that rise with the depth; correct it"
        )
    return depths, factors
