"""Which fields of a run can be drawn, and in which band of which file each lies."""

from functools import lru_cache

from service.web.catalogue import product_file
from tiles.colours import SCALES, scale_of, title_of
from tiles.rasters import HAZARD_CLASS, band_names, file_stamp
from twin.errors import MissingError

PROBABILITY = "probability"
HAZARD_BANDS = ("max_depth", "max_speed", "max_hazard")
"""What the hazard class is computed from."""


def raster_fields(run):
    """Fields of a run by name.

    Parameters
    ----------
    run : service.runs.Run
        A published run.

    Returns
    -------
    dict
        Not to be changed. Name -> dict with ``path``, ``stamp`` (of the state of that file),
        ``band`` (or three of them), ``scale`` (key of the colours), ``threshold`` [m].
        Probabilities are named by their threshold, such as ``probability_0.30``.
    """
    paths = (run.folder / "maxima.tif", run.folder / "probability.tif")
    return _fields_in(*paths, *(file_stamp(path) if path.is_file() else None for path in paths))


@lru_cache(maxsize=256)
def _fields_in(maxima, chances, maxima_stamp, chances_stamp):
    """Fields of two files, where they are there, in one state of them."""
    fields = {}
    if maxima_stamp is not None:
        bands = {name: band for band, name in enumerate(band_names(maxima), 1)}

        def place(band, name):
            return _place(maxima, maxima_stamp, band, name)

        fields = {name: place(band, name) for name, band in bands.items() if name in SCALES}
        if bands.keys() >= set(HAZARD_BANDS):
            three = tuple(bands[name] for name in HAZARD_BANDS)
            fields[HAZARD_CLASS] = place(three, HAZARD_CLASS)
    if chances_stamp is not None:
        for band, name in enumerate(band_names(chances), 1):
            threshold = _number_in(name, band)
            fields[f"{PROBABILITY}_{threshold:.2f}"] = _place(
                chances, chances_stamp, band, PROBABILITY, threshold
            )
    return fields


def find_field(run, name):
    """Where one field of a run lies.

    Raises
    ------
    MissingError
        The run has no such field.
    """
    fields = raster_fields(run)
    if name not in fields:
        product_file(run, "maxima.tif")
        raise MissingError(
            f"run {run.run_id} has no field {name[:40]!r}, expected one of {', '.join(fields)}; "
            "choose one of these"
        )
    return fields[name]


def legends(run):
    """Fields of a run with title, unit and legend, as `service.web.models.RasterField`."""
    rows = []
    for name, place in raster_fields(run).items():
        scale = scale_of(place["scale"])
        rows.append(
            {
                "field": name,
                "title": title_of(place["scale"]),
                "units": scale.units,
                "threshold": place["threshold"],
                "steps": scale.steps,
            }
        )
    return rows


def _place(path, stamp, band, scale, threshold=None):
    return {"path": path, "stamp": stamp, "band": band, "scale": scale, "threshold": threshold}


def _number_in(text, otherwise):
    """The first number in a band name such as ``depth > 0.30 m``."""
    for word in text.split():
        try:
            return float(word)
        except ValueError:
            continue
    return float(otherwise)
