"""The 3D model of a city package as a file for other programs: CityJSON 2.0 or CityJSONSeq."""

from dataclasses import replace
from pathlib import Path

from twin.city_writer import disk_errors
from twin.errors import InputError, MissingError
from twin.model.cityjson.writer import write_cityjson, write_cityjson_seq

ENDINGS = {".jsonl": "CityJSONSeq", ".json": "CityJSON"}


def export_model(city, path, overwrite=False):
    """Write the 3D model of a city to a file.

    Parameters
    ----------
    city : twin.city.City
        With a model.
    path : str or pathlib.Path
        Ends in ``.jsonl`` for CityJSONSeq, in ``.json`` for CityJSON.
    overwrite : bool
        Whether a file that stands there already is replaced.

    Returns
    -------
    dict
        ``format``, ``crs``, ``bytes`` and ``classes``: of each type the objects that the package
        says it has (``read``) and those that were written (``kept``).

    Raises
    ------
    MissingError
        The city has no model.
    InputError
        The path has another ending, stands already, or its folder cannot be written.
    DeviceError
        The disk is full.

    Notes
    -----
    Coordinates are in the system of the city, heights in that of the model; the file names both,
    as EPSG:7415, where the package knows the code of its heights.
    """
    path = Path(path)
    form = ENDINGS.get(path.suffix.lower())
    if form is None:
        raise InputError(
            f"{path} ends in {path.suffix!r}, expected {' or '.join(ENDINGS)}; rename the output"
        )
    if path.exists() and not (overwrite and path.is_file()):
        raise InputError(f"{path} stands already, expected a new file; name another or --overwrite")
    model = city.model()
    if model is None:
        raise MissingError(
            f"city {city.name} has no 3D model, expected one; import it with --cityjson or "
            "--citygml"
        )
    model = replace(model, crs=_whole_crs(city))
    with disk_errors(path):
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        (write_cityjson if form == "CityJSON" else write_cityjson_seq)(model, path)
        size = path.stat().st_size
    kept, said = model.counts(), city.info["model"]["types"]
    classes = {
        kind: {"read": said.get(kind, 0), "kept": kept[kind]} for kind in sorted({*said, *kept})
    }
    return {"format": form, "crs": model.crs, "bytes": size, "classes": classes}


def _whole_crs(city):
    """Reference system of plane and heights together, by one code where there is one."""
    from pyproj import CRS

    vertical = city.info.get("vertical_crs", "")
    if not (vertical.startswith("EPSG:") and city.crs.startswith("EPSG:")):
        return city.crs
    both = f"{city.crs}+{vertical.removeprefix('EPSG:')}"
    code = CRS.from_user_input(both).to_epsg()
    return f"EPSG:{code}" if code else both
