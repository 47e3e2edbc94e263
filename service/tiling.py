"""The verb `tiles`: 3D Tiles, terrain, raster and vector tiles of a city, and those of a run."""

import json
import re
import time
from functools import partial
from pathlib import Path

from service.words.progress import Progress
from twin.errors import InputError

KINDS = ("buildings", "terrain", "dem", "vectors", "run")
"""What can be written, in this order."""


def tiles(
    *,
    city=None,
    run=None,
    out=None,
    only=None,
    compress=None,
    check=None,
    gltf=None,
    bounds=None,
    quiet=False,
):
    """Write the tiles of a city into one folder, or a part of it as glTF, or check such a folder.

    Parameters
    ----------
    city : path-like, optional
        Folder of the city; needed for all but `check`.
    run : str, optional
        Id of a run of the city, ``"latest"`` or ``"current"``: its rasters are written as well,
        or the depths at the buildings of a glTF.
    out : path-like, optional
        Folder of the tiles; default `tiles.tile_folder.tile_folder`. Where tiles lie there
        already, those that are written now take their place. File of a glTF.
    only : sequence of str, optional
        Some of `KINDS`; default all that the city has.
    compress : {None, "draco"}
        Of the 3D Tiles.
    check : path-like, optional
        A folder of tiles to look at.
    gltf : str, optional
        Id or name of a district.
    bounds : tuple of float, optional
        West, south, east, north of a part of the city in its reference system [m].
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        Of tiles ``folder``, ``seconds``, ``counts`` by kind, ``bytes``, ``left_out``: kind -> why,
        ``skipped``: class -> objects of the city without anything to draw. ``warnings``: list of
        str.
        Of a check ``folder``, ``checked``: kind -> how many, ``problems``, ``failed``: how many.
        Of a glTF what `tiles.tiles3d.district_gltf.export_gltf` says.

    Raises
    ------
    MissingError
        There is no such city, run, district or folder.
    InputError
        A kind is not known, the city cannot give one that was asked for, or words do not go
        together.
    DeviceError
        The disk is full, or another process writes the same folder; nothing is left half written.
    """
    _require_together(city, check, only, compress, gltf or bounds)
    if check is not None:
        return _check(Path(check))
    if gltf is not None or bounds is not None:
        return _export(city, run, out, gltf, bounds)
    return _write(city, run, out, only, compress, quiet)


def _require_together(city, check, only, compress, part):
    if (city is None) == (check is None):
        came = "neither a city nor --check" if city is None else "a city and --check"
        raise InputError(
            f"{came} came, expected a city to make tiles of, or --check FOLDER to check tiles that "
            "were made; name one"
        )
    if (check is not None or part) and (only or compress):
        raise InputError("--only and --compress are of tiles, not of --check or --gltf; leave out")
    if check is not None and part:
        raise InputError("--check came with a part of a city, expected one of both; leave one out")


def _check(folder):
    from tiles.checks.folder import check_folder

    folder = _version_in(folder)
    checked, problems = check_folder(folder)
    return {
        "folder": str(folder),
        "checked": checked,
        "problems": problems,
        "failed": len(problems),
    }


def _version_in(folder):
    """A folder of tiles, or the only one in it: `floodtwin tiles` makes one a version of a city."""
    from tiles.tile_folder import ABOUT

    if (folder / ABOUT).is_file() or (folder / "tileset.json").is_file():
        return folder
    versions = sorted(path.parent for path in folder.glob(f"[!.]*/{ABOUT}"))
    if len(versions) > 1:
        raise InputError(
            f"{folder} holds {len(versions)} versions ({', '.join(p.name for p in versions[:5])}), "
            "expected one folder of tiles; name one of them"
        )
    return versions[0] if versions else folder


def _export(city, run, out, district, bounds):
    from service.disk import full_disk_is_named, require_writable
    from tiles.tiles3d.district_gltf import export_gltf
    from twin.city import open_city

    opened = open_city(city)
    path = Path(out) if out is not None else Path(f"{_file_name(district or opened.name)}.glb")
    require_writable(path.parent)
    depths = None if run is None else _largest_depths(opened, run)
    with full_disk_is_named(path):
        return export_gltf(opened, path, district, bounds, depths)


def _file_name(text):
    return re.sub(r"[^\w-]+", "-", text).strip("-")[:60] or "district"


def _largest_depths(city, run):
    """Largest depth of a run at each row of the layer `buildings` [m]."""
    from twin.state.city_objects import CityObjects
    from twin.state.run_objects import RunObjects
    from twin.state.run_water import RunWater

    found = _find_run(city, run)
    run_objects = RunObjects(CityObjects(city), RunWater(found.folder, found.manifest))
    if run_objects.mismatch:
        raise InputError(
            f"run {found.run_id} does not fit: {run_objects.mismatch}; choose another with --run"
        )
    return run_objects.largest("buildings")


def _write(city, run, out, only, compress, quiet):
    """Write tiles; see `tiles`."""
    from service.disk import full_disk_is_named, require_writable
    from tiles import tile_folder as folders
    from twin.city import open_city
    from twin.datum import geoid_doubt

    wanted = _require_kinds(only, run)
    opened = open_city(city)
    found = None if run is None else _find_run(opened, run)
    folder = Path(out) if out is not None else folders.tile_folder(opened)
    require_writable(folder)
    folders.require_place(folder)
    left_out = {} if only else _lacking(opened)
    writers = {**_WRITERS, "buildings": partial(_write_buildings, compress=compress)}
    began, counts = time.perf_counter(), {}
    before = folders.read_about(folder) or {}
    if before.get("version") != opened.version:
        before = {}  # nothing of another version of the city stays
    with (
        full_disk_is_named(folder),
        folders.written_aside(folder, keep=bool(before)) as aside,
    ):
        for kind in (kind for kind in wanted if kind not in left_out):
            with Progress(f"tiles of {opened.name}, {kind}", wanted=not quiet) as progress:
                counts |= writers[kind](opened, found, aside, progress)
        skipped = counts.pop("skipped", before.get("skipped", {}))
        _describe(aside, opened, {**before.get("counts", {}), **counts}, skipped)
        size = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file())
    return {
        "folder": str(folder),
        "seconds": round(time.perf_counter() - began, 2),
        "counts": counts,
        "bytes": size,
        "left_out": left_out,
        "skipped": skipped,
        "warnings": [doubt] if (doubt := geoid_doubt(opened)) else [],
    }


def _require_kinds(only, run):
    """Kinds to write, in their order."""
    unknown = [kind for kind in only or () if kind not in KINDS]
    if unknown:
        raise InputError(
            f"tiles of {unknown[0]!r} were asked for, expected some of {','.join(KINDS)}; correct "
            "--only"
        )
    if only and "run" in only and run is None:
        raise InputError("--only run came without a run, expected one; name it with --run")
    return [kind for kind in KINDS if kind in (only or KINDS) and (kind != "run" or run)]


def _lacking(city):
    """What a city cannot give: kind -> why."""
    from tiles.vectors import RULES

    left_out = {}
    if not city.has_layer("buildings") and not city.has_model:
        left_out["buildings"] = "the city has neither a layer of buildings nor a 3D model"
    if not set(RULES) & set(city.layer_names):
        left_out["vectors"] = "the city has no layer that vector tiles show"
    return left_out


def _find_run(city, run):
    from service.runs import RunStore, run_folder

    return RunStore(run_folder(city.folder, city.name)).open(run)


def _write_buildings(city, _run, folder, progress, compress):
    from tiles.tiles3d.tileset import write_building_tiles

    made = write_building_tiles(city, folder, progress, compress)
    return {
        "buildings": made["buildings"],
        "other_objects": made["other_objects"],
        "building_tiles": made["tiles"],
        "skipped": made["skipped"],
    }


def _write_terrain(city, _run, folder, progress):
    from tiles.terrain.mesh import write_terrain

    return {"terrain_tiles": write_terrain(city, folder / "terrain", progress)}


def _write_dem(city, _run, folder, progress):
    from tiles.terrain.raster_dem import write_raster_dem

    return {"dem_tiles": write_raster_dem(city, folder / "dem", progress)}


def _write_vectors(city, _run, folder, progress):
    from tiles.pmtiles_archive import write_archive

    return {"vector_tiles": write_archive(city, folder / "city.pmtiles", progress)}


def _write_run(city, run, folder, progress):
    from service.run_tiles import write_run_tiles

    return write_run_tiles(city, run, folder / f"run-{run.run_id}", progress)


_WRITERS = {
    "terrain": _write_terrain,
    "dem": _write_dem,
    "vectors": _write_vectors,
    "run": _write_run,
}


def _describe(aside, city, counts, skipped):
    """Say in the folder itself what is in it."""
    from service.words.verbs import program_version
    from tiles.tile_folder import ABOUT

    about = {
        "city": city.name,
        "version": city.version,
        "source": f"Floodtwin {program_version()}",
        "counts": counts,
        "skipped": skipped,
    }
    (aside / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
