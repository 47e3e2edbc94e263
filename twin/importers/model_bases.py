"""How houses stand on the terrain: how far off their bases are, and lowering those that float."""

from dataclasses import replace

import numpy as np

from twin.model.cityjson.seq import FeatureStream
from twin.model.cityjson.writer import FeatureWriter
from twin.model.footprints import COLUMNS
from twin.model.packed_file import open_unpacked
from twin.model.storage import BASE_TOLERANCE
from twin.terrain import lowest_under

_GROUND = COLUMNS.index("ground")
_FAR, _NEAR = 3.0, 1.0  # metres
_OUTLINE = COLUMNS.index("geometry")


def base_deviations(rows, elevation, grid):
    """How far the base of each house lies over the lowest ground along its outline.

    Parameters
    ----------
    rows : list of tuple
        Houses as `twin.model.footprints.COLUMNS`.
    elevation : numpy.ndarray
        Shape (y, x) [m], NaN outside of the city.
    grid : Grid
        Where the cells lie.

    Returns
    -------
    dict of str to float
        Metres by id, negative for a house that is sunk; NaN where there is no ground.
    """
    houses = [row for row in rows if row[_GROUND] is not None and row[_OUTLINE] is not None]
    outlines = np.array([row[_OUTLINE] for row in houses], dtype=object)
    under = lowest_under(outlines, elevation, grid)
    bases = np.array([row[_GROUND] for row in houses], float)
    return {row[0]: float(off) for row, off in zip(houses, bases - under, strict=True)}


def common_shift(deviations):
    """How far the houses of a model lie off the terrain together [m]; 0 where they do not.

    Parameters
    ----------
    deviations : dict of str to float
        As `base_deviations` gives them.

    Notes
    -----
    The median, if it is over `_FAR` and half of the houses are within a tenth of it, or within
    `_NEAR`: a model in feet or over the ellipsoid is far off everywhere, a bad terrain here and
    there.
    """
    known = np.array([value for value in deviations.values() if np.isfinite(value)])
    if not len(known):
        return 0.0
    middle = float(np.median(known))
    near = np.abs(known - middle) <= max(_NEAR, abs(middle) / 10)
    return middle if abs(middle) > _FAR and near.mean() > 0.5 else 0.0


def move_bases(intake, file, elevation, grid):
    """Move each house that floats over the terrain down onto it, with all its parts.

    Parameters
    ----------
    intake : ModelIntake
        Its rows, repairs and last count are brought up to date.
    file : pathlib.Path
        The CityJSONSeq that was written, which is replaced.
    elevation, grid
        As in `base_deviations`.

    Notes
    -----
    A base below the ground stays: it is a cellar or a slope, and its roof is where it was measured.
    """
    off = base_deviations(intake.rows, elevation, grid)
    off = {name: value for name, value in off.items() if value > BASE_TOLERANCE}
    if not off:
        return
    with open_unpacked(file, "the city model") as stream:
        source = FeatureStream(stream, file)
        written = {k: v for k, v in source.metadata.items() if k != "referenceSystem"}
        with FeatureWriter(file, intake.target, written) as writer:
            for family in source.features():
                rise = -off.get(family[0].id, 0.0)
                writer.write([_moved(entry, rise) for entry in family] if rise else family)
    intake.rows = [_row_moved(row, off.get(row[0], 0.0)) for row in intake.rows]
    for name, value in off.items():
        intake.repairs.setdefault(name, []).append(f"moved by {-value:+.3f} m onto the terrain")
    intake.counts[-1].note("moved_onto_terrain", len(off))


def _moved(entry, rise):
    by = np.array([0.0, 0.0, rise])
    moved = (replace(geometry, points=geometry.points + by) for geometry in entry.geometries)
    return replace(entry, geometries=tuple(moved))


def _row_moved(row, off):
    return (*row[:_GROUND], row[_GROUND] - off, *row[_GROUND + 1 :]) if off else row
