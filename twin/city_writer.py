"""Writes a city package aside and publishes it by one rename; nothing half written stays."""

import errno
import gzip
import shutil
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from twin.city_manifest import (
    BUILDINGS_AS,
    EDGES,
    FORMAT_VERSION,
    check_choice,
    check_name,
    file_sha256,
    write_manifest,
)
from twin.crs import crs_text, horizontal_crs, projected_crs
from twin.errors import DeviceError, InputError, MissingError, TwinError
from twin.exchange import put_in_place
from twin.fields import require
from twin.model.storage import MODEL_FILE, TABLE_FILE
from twin.netcdf import write_netcdf

_FULL_BYTES = 4_000_000  # so little free space means that a failed write met a full disk
_ABANDONED_SECONDS = 86400.0
_SOURCE_KEYS = ("source", "licence", "date")


def write_package(folder, info, grid, terrain, layers, sources, weather, overwrite, model=None):
    """Write all parts of a city package; see `twin.city.write_city`."""
    check_name(info["name"], "the city")
    check_choice(info["buildings_as"], BUILDINGS_AS, "buildings_as")
    check_choice(info["edges"], EDGES, "edges")
    crs = projected_crs(info["crs"])
    with written_aside(folder, overwrite) as aside:
        manifest = {"format_version": FORMAT_VERSION, **info, "crs": crs}
        manifest["created"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        manifest["grid"] = {
            "x0": float(grid.x0),
            "y0": float(grid.y0),
            "cell_size": float(grid.cell_size),
            "nx": int(grid.nx),
            "ny": int(grid.ny),
        }
        manifest["terrain"] = _put_terrain(aside, grid, terrain, sources)
        manifest["layers"] = [_put_layer(aside, crs, n, f, sources) for n, f in layers.items()]
        manifest["weather"] = [_put_storm(aside, n, *storm) for n, storm in weather.items()]
        manifest["archives"] = []
        if model is not None:
            manifest["model"] = _put_model(aside, model, sources)
        write_manifest(aside, manifest)


@contextmanager
def written_aside(folder, overwrite=False):
    """Folder beside `folder` that takes its place when the block ends well, else vanishes.

    Raises
    ------
    InputError
        The folder exists already, or its parent cannot be written.
    DeviceError
        The disk is full.
    """
    check_target(folder, overwrite)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        aside = parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.partial"
        aside.mkdir()
    except OSError as error:
        if _says_full(error):
            raise _disk_full(folder) from None
        raise InputError(
            f"{parent} cannot be written ({error.strerror}), expected a folder for the city; "
            "choose another"
        ) from None
    try:
        yield aside
        check_target(folder, overwrite)
        _publish(aside, folder)
    except Exception as error:
        # Asked before the cleaning, which frees the space again.
        full = _is_disk_full(error, parent)
        shutil.rmtree(aside, ignore_errors=True)
        if full:
            raise _disk_full(folder) from None
        raise
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


@contextmanager
def disk_errors(target):
    """Turn what the file system says while `target` is made into errors that users understand.

    Raises
    ------
    InputError
        The place cannot be written.
    DeviceError
        The disk is full.
    """
    parent = target.absolute().parent
    try:
        yield
    except OSError as error:
        if isinstance(error, TwinError):
            raise
        if _is_disk_full(error, parent if parent.is_dir() else Path("/")):
            raise _disk_full(target) from None
        raise InputError(
            f"{parent} cannot be written ({error.strerror}), expected a folder for the city; "
            "choose another"
        ) from None


def put_archive(city, name, archive):
    """Store a sensor archive in a package; see `twin.city.add_archive`."""
    check_name(name, "the archive")
    file = f"archive/{name}.csv.gz"
    target = city.folder / file
    partial = target.with_name(f".{name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        target.parent.mkdir(exist_ok=True)
        _gzip(archive, partial)
        entry = {"name": name, "file": file, "sha256": file_sha256(partial)}
        partial.replace(target)
        others = [e for e in city.info["archives"] if e["name"] != name]
        write_manifest(city.folder, {**city.info, "archives": [*others, entry]})
    except OSError as error:
        if not _is_disk_full(error, city.folder):
            raise
        raise _disk_full(target) from None
    finally:
        partial.unlink(missing_ok=True)


def _gzip(archive, target):
    """Same bytes for the same table: no time stamp goes into the header."""
    if not isinstance(archive, str | Path):
        archive.to_csv(target, index=False, compression={"method": "gzip", "mtime": 0})
        return
    source = Path(archive)
    if not source.is_file():
        raise MissingError(f"{source} is missing, expected a CSV archive; check the path")
    opener = gzip.open if source.suffix == ".gz" else open
    with (
        opener(source, "rb") as stream,
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(stream, packed)


def check_target(folder, overwrite):
    """Refuse a folder that must not be written to.

    Raises
    ------
    InputError
        It exists, and is no city package or shall not be replaced.
    """
    if not folder.exists():
        return
    if not overwrite:
        raise InputError(
            f"{folder} exists already, expected a new folder; choose another or remove it"
        )
    if not (folder / "city.toml").is_file():
        raise InputError(
            f"{folder} is no city package, only such a folder is replaced; choose another"
        )


def _publish(aside, folder):
    old = aside.with_name(aside.name.replace(".partial", ".old"))
    put_in_place(aside, folder, old)
    shutil.rmtree(old, ignore_errors=True)
    _remove_leftovers(folder)


def _remove_leftovers(folder):
    """Remove what killed processes left beside a city."""
    for left in folder.parent.glob(f".{folder.name}.*"):
        with suppress(FileNotFoundError):
            is_ours = left.suffix in (".partial", ".old")
            if is_ours and time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _disk_full(target):
    return DeviceError(
        f"the disk of {target.parent} is full, {target.name} was not written; free some space or "
        "choose another disk"
    )


def _is_disk_full(error, parent):
    """Whether a failure came from a full disk: GDAL and Arrow do not always say so."""
    if isinstance(error, TwinError):
        return False
    return _says_full(error) or shutil.disk_usage(parent).free < _FULL_BYTES


def _says_full(error):
    code = getattr(error, "errno", None)
    return code in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


def _source_of(sources, name):
    given = sources.get(name, {})
    return {key: str(given.get(key, "")) for key in _SOURCE_KEYS}


def _put_terrain(aside, grid, terrain, sources):
    from twin.city_rasters import write_terrain

    (aside / "terrain").mkdir()
    entries = []
    for name in write_terrain(aside / "terrain", grid, terrain):
        file = f"terrain/{name}.tif"
        entry = {"field": name, "file": file, "sha256": file_sha256(aside / file)}
        entries.append({**entry, **_source_of(sources, name)})
    return entries


def _put_layer(aside, crs, name, frame, sources):
    check_name(name, "a layer")
    if frame.crs is None or crs_text(horizontal_crs(frame.crs)) != crs:
        given = "no CRS" if frame.crs is None else crs_text(horizontal_crs(frame.crs))[:60]
        raise InputError(f"layer {name} has {given}, expected {crs} of the city; reproject it")
    (aside / "layers").mkdir(exist_ok=True)
    file = f"layers/{name}.parquet"
    frame.to_parquet(aside / file, index=False, compression="zstd")
    entry = {"name": name, "file": file, "count": len(frame), "sha256": file_sha256(aside / file)}
    return {**entry, **_source_of(sources, name)}


def _put_model(aside, model, sources):
    """Move the files of a city model, which were written beside the package, into it."""
    entry = {}
    for key, name in (("file", MODEL_FILE), ("table", TABLE_FILE)):
        shutil.move(model.folder / name, aside / name)
        entry[key], entry[f"{key}_sha256"] = name, file_sha256(aside / name)
    return {**entry, **model.info, **_source_of(sources, "model")}


def _put_storm(aside, name, rainfall, boundaries=None):
    check_name(name, "a storm")
    require(rainfall, "rainfall_rate")
    (aside / "weather").mkdir(exist_ok=True)
    file = f"weather/{name}.nc"
    encoding = {"rainfall_rate": {"zlib": True, "complevel": 4, "dtype": "float32"}}
    write_netcdf(rainfall, aside / file, title=name, encoding=encoding)
    entry = {"name": name, "file": file, "sha256": file_sha256(aside / file)}
    entry["title"] = str(rainfall.attrs.get("title", ""))
    if boundaries is None:
        return entry
    series = f"weather/{name}_boundaries.csv"
    _write_series(aside / series, name, boundaries)
    return {**entry, "boundaries": series, "boundaries_sha256": file_sha256(aside / series)}


def _write_series(path, name, boundaries):
    import pandas

    missing = {"time", "boundary_id", "value"} - set(boundaries.columns)
    if missing:
        raise InputError(
            f"boundaries of storm {name} have no {sorted(missing)[0]}, expected time, boundary_id "
            "and value; add the column"
        )
    frame = boundaries[["time", "boundary_id", "value"]].copy()
    frame["time"] = pandas.to_datetime(frame["time"], utc=True).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame.to_csv(path, index=False)
