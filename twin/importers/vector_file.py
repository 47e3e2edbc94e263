"""Opens vector files that came from elsewhere: known formats only, told by their first bytes."""

import zipfile
from pathlib import Path

from twin.errors import InputError
from twin.input_file import require_file

MAX_FEATURES = 20_000_000
MAX_UNPACKED_BYTES = 20_000_000_000

_EXPECTED = "a GeoPackage, GeoJSON, Shapefile (zipped too) or GeoParquet"
_SUFFIXES = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".shp": "shp",
    ".zip": "zip",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
}
_FIRST_BYTES = {
    "gpkg": b"SQLite format 3\x00",
    "shp": b"\x00\x00\x27\x0a",
    "zip": b"PK",
    "parquet": b"PAR1",
}


def read_vector(path, layer):
    """Features of a vector file as they stand there.

    Parameters
    ----------
    path : str or pathlib.Path
        GeoPackage, GeoJSON, Shapefile (zipped too) or GeoParquet on this machine.
    layer : str
        Which layer of a GeoPackage, if it has one of this name; else its first.

    Returns
    -------
    geopandas.GeoDataFrame
        With the CRS of the file, which may be None.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is damaged, of another format, absurdly large, or has no features.
    """
    import pyarrow
    from pyogrio.errors import DataLayerError, DataSourceError

    path = Path(path)
    kind = _kind(path)
    try:
        frame = _read_parquet(path) if kind == "parquet" else _read_ogr(path, kind, layer)
    except (DataSourceError, DataLayerError, pyarrow.ArrowException, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(path, (str(error).splitlines() or [""])[0]) from None
    if len(frame) == 0:
        raise InputError(f"{path} has no features, expected at least one; check the file")
    return frame


def _kind(path):
    require_file(path, _EXPECTED)
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"{path} ends in {path.suffix!r}, expected {_EXPECTED}; convert it to one of these"
        )
    with path.open("rb") as stream:
        start = stream.read(100)
    # GDAL would tell the format by the content too, and follow a virtual layer to other files.
    first = _FIRST_BYTES.get(kind, b"{")
    if kind == "geojson":
        start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(first):
        raise _unreadable(path, "its first bytes are of another format")
    if path.stat().st_size < _stated_size(kind, start):
        raise _unreadable(path, "it is shorter than its header says")
    return kind


def _stated_size(kind, start):
    """Bytes that a file should have by its header: GDAL reads shortened files without a word."""
    if kind == "shp":
        return 2 * int.from_bytes(start[24:28], "big")
    if kind == "gpkg":
        page = int.from_bytes(start[16:18], "big")
        return int.from_bytes(start[28:32], "big") * (65536 if page == 1 else page)
    return 0


def _unreadable(path, reason):
    return InputError(
        f"{path} cannot be read ({reason[:160]}), expected {_EXPECTED}; it may be truncated: copy "
        "it again"
    )


def _read_parquet(path):
    import geopandas
    import pyarrow.parquet

    _check_number(path, pyarrow.parquet.read_metadata(path).num_rows)
    return geopandas.read_parquet(path)


def _read_ogr(path, kind, layer):
    import geopandas
    import pyogrio

    source = _zipped(path) if kind == "zip" else str(path)
    names = [str(name) for name, geometry in pyogrio.list_layers(source) if geometry is not None]
    if not names:
        raise _unreadable(path, "it has no layer with geometries")
    chosen = layer if layer in names else names[0]
    _check_number(path, pyogrio.read_info(source, layer=chosen)["features"])
    return geopandas.read_file(source, layer=chosen, engine="pyogrio")


def _zipped(path):
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _unreadable(path, str(error)) from None
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise _unreadable(path, f"it unpacks to over {MAX_UNPACKED_BYTES:,} bytes")
    shapes = [member.filename for member in members if member.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise _unreadable(path, f"it holds {len(shapes)} shapefiles, one is wanted")
    return f"/vsizip/{{{path.absolute()}}}/{shapes[0]}"


def _check_number(path, features):
    if features > MAX_FEATURES:
        raise InputError(
            f"{path} has {features:,} features, expected at most {MAX_FEATURES:,}; cut it to the "
            "city"
        )
