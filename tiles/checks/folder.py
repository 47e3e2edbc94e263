"""Looks for what is wrong in a folder of tiles, whatever `floodtwin tiles` wrote into it."""

from pathlib import Path

from tiles.checks.maps import check_archive, check_raster_dem
from tiles.checks.runs import check_run
from tiles.checks.terrain import check_terrain
from tiles.checks.tileset import check_tileset
from tiles.tile_folder import ABOUT, read_about
from twin.errors import MissingError


def check_folder(folder):
    """Check all that is in a folder of tiles.

    Parameters
    ----------
    folder : str or pathlib.Path
        As `floodtwin tiles` writes it; 3D Tiles alone, with a ``tileset.json``, will do.

    Returns
    -------
    tuple of (dict, list of str)
        How many of each kind were looked at; one line a problem, empty when all is well.

    Raises
    ------
    MissingError
        It is no folder of tiles.
    """
    folder = Path(folder)
    if read_about(folder) is None and not (folder / "tileset.json").is_file():
        raise MissingError(
            f"{folder} has neither {ABOUT} nor tileset.json, expected a folder of tiles; make it "
            "with `floodtwin tiles CITY`"
        )
    checked, problems = {}, []

    def note(kind, count, found, prefix):
        checked[kind] = checked.get(kind, 0) + count
        problems.extend(f"{prefix}{problem}" for problem in found)

    if (folder / "tileset.json").is_file():
        note("3d_tiles", sum(1 for _ in folder.glob("[bo]/*.glb")), check_tileset(folder), "")
    if (folder / "terrain").is_dir():
        note("terrain_tiles", *check_terrain(folder / "terrain"), "terrain/")
    if (folder / "dem").is_dir():
        note("dem_tiles", *check_raster_dem(folder / "dem"), "dem/")
    if (folder / "city.pmtiles").is_file():
        note("vector_tiles", *check_archive(folder / "city.pmtiles"), "city.pmtiles: ")
    for run in sorted(folder.glob("run-*")):
        rasters, steps, found = check_run(run)
        note("rasters", rasters, found, f"{run.name}/")
        note("water_steps", steps, [], "")
    promised = (read_about(folder) or {}).get("counts", {})
    for kind in ("terrain_tiles", "dem_tiles", "vector_tiles"):
        if promised.get(kind, checked.get(kind)) != checked.get(kind):
            problems.append(f"{ABOUT}: states {promised[kind]} {kind}, {checked.get(kind, 0)} are")
    return checked, problems
