"""Opens rasters that came from elsewhere: known formats only, sane sizes only."""

from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from twin.errors import InputError
from twin.input_file import require_file

MAX_CELLS = 250_000_000  # an import holds the city in memory: three times New Taipei at 5 m

# Told by the first bytes and fixed: GDAL itself would follow a VRT to other files.
_FIRST_BYTES = {
    b"II*\x00": "GTiff",
    b"MM\x00*": "GTiff",
    b"II+\x00": "GTiff",
    b"MM\x00+": "GTiff",
    b"EHFA_HEADER_TAG": "HFA",
    b"ncols": "AAIGrid",
    b"nrows": "AAIGrid",
}
_EXPECTED = "a GeoTIFF, ESRI ASCII or ERDAS IMG raster"
_BYTES_PER_TEXT_CELL = 2  # a digit and a blank


@contextmanager
def open_raster(path):
    """Open a raster file of a known format and a sane size.

    Parameters
    ----------
    path : str or pathlib.Path
        GeoTIFF, ESRI ASCII grid or ERDAS IMG on this machine.

    Yields
    ------
    rasterio.DatasetReader

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is a folder, damaged, truncated, of another format or absurdly large; also when the
        damage shows only while it is read.
    """
    path = Path(path)
    require_file(path, _EXPECTED)
    driver = _driver(path)
    try:
        with rasterio.open(path, driver=driver) as source:
            _check_size(path, source)
            yield source
    except (RasterioError, MemoryError) as error:
        reason = (str(error).splitlines() or ["too large"])[0][:160]
        raise InputError(
            f"{path} cannot be read ({reason}), expected {_EXPECTED}; it may be truncated: copy it "
            "again"
        ) from None


def _driver(path):
    with path.open("rb") as stream:
        start = stream.read(64).lstrip()
    for first, driver in _FIRST_BYTES.items():
        if start.startswith(first) or start.lower().startswith(first):
            return driver
    raise InputError(
        f"{path} begins like none of the known formats, expected {_EXPECTED}; convert it to one"
    )


def _check_size(path, source):
    cells = source.width * source.height
    if cells > MAX_CELLS:
        raise InputError(
            f"{path} has {source.width} x {source.height} cells, expected at most {MAX_CELLS:,}; "
            "cut it or make its cells larger"
        )
    if source.driver == "AAIGrid" and path.stat().st_size < cells * _BYTES_PER_TEXT_CELL:
        raise InputError(
            f"{path} has {path.stat().st_size} bytes for {source.width} x {source.height} cells, "
            "expected more; it is truncated: copy it again"
        )
