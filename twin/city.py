"""The city package: a folder that holds a city as data, opened, written and checked here."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from twin.city_manifest import inside, read_manifest
from twin.errors import InputError, MissingError
from twin.grid import Grid


@dataclass(frozen=True)
class City:
    """A city package in memory; rasters and layers are read when asked for.

    Parameters
    ----------
    name, title : str
        Short name (part of addresses) and the name for people.
    folder : pathlib.Path
        The package.
    grid : Grid
        Cells of all terrain fields.
    crs, vertical_datum : str
        Projected reference system in metres; name of the height system.
    buildings_as : str
        ``"raised"``, ``"blockage"`` or ``"none"``: how the solver sees buildings.
    edges : str
        ``"closed"`` or ``"free"``: what the edge of the domain does by default.
    version : str
        First 16 hex digits of the SHA-256 of city.toml, which holds all file hashes.
    info : dict
        The parsed city.toml.
    """

    name: str
    title: str
    folder: Path
    grid: Grid
    crs: str
    vertical_datum: str
    buildings_as: str
    edges: str
    version: str
    info: dict = field(repr=False, compare=False)

    @property
    def terrain_fields(self):
        """Names of the terrain fields."""
        return [entry["field"] for entry in self.info["terrain"]]

    @cached_property
    def terrain(self):
        """All terrain fields, Dataset over (y, x); read once.

        Raises
        ------
        MissingError
            A raster is not there.
        InputError
            A raster is damaged or does not fit the grid.
        """
        return self.terrain_window(0, 0, self.grid.ny, self.grid.nx)

    def terrain_window(self, row, column, ny, nx, fields=None):
        """Part of the terrain, for cities that do not fit in memory.

        Parameters
        ----------
        row, column, ny, nx : int
            First cell and size of the window.
        fields : iterable of str, optional
            Which fields; default all.

        Returns
        -------
        xarray.Dataset
            The fields over (y, x), attributes `crs`, `buildings_as` and `edges`.
        """
        from twin.city_rasters import read_terrain

        wanted = list(fields) if fields is not None else self.terrain_fields
        paths = {name: self.terrain_path(name) for name in wanted}
        dataset = read_terrain(paths, self.grid, row, column, ny, nx)
        dataset.attrs.update(crs=self.crs, buildings_as=self.buildings_as, edges=self.edges)
        return dataset

    def terrain_path(self, name):
        """Cloud-optimised GeoTIFF of one terrain field.

        Raises
        ------
        MissingError
            The city has no such field.
        """
        return self._file("terrain", "field", name)

    @property
    def layer_names(self):
        """Names of the vector layers."""
        return [entry["name"] for entry in self.info["layers"]]

    def has_layer(self, name):
        """Whether the city has this layer."""
        return name in self.layer_names

    def layer(self, name):
        """One vector layer as GeoDataFrame in the CRS of the city.

        Raises
        ------
        MissingError
            The city has no such layer, or its file is gone.
        InputError
            The file is damaged.
        """
        import geopandas

        path = self._file("layers", "name", name)
        try:
            return geopandas.read_parquet(path)
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(path, "a GeoParquet layer", error) from None

    @property
    def weather_names(self):
        """Names of the storms that come with the city."""
        return [entry["name"] for entry in self.info["weather"]]

    def weather(self, name):
        """Rainfall of one storm, Dataset `rainfall_rate` over (time, y, x) [m s-1]."""
        import xarray

        path = self._file("weather", "name", name)
        try:
            rain = xarray.load_dataset(path, engine="netcdf4")
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(path, "a NetCDF rainfall", error) from None
        return rain.drop_vars("crs", errors="ignore")  # its attributes name it as well

    def weather_boundaries(self, name):
        """Inflows and stages of one storm: time (UTC), boundary_id, value; or None."""
        import pandas

        entry = self._entry("weather", "name", name)
        if "boundaries" not in entry:
            return None
        path = self._present(entry["boundaries"])
        try:
            frame = pandas.read_csv(path, dtype={"boundary_id": str})
            frame["time"] = pandas.to_datetime(frame["time"], utc=True).dt.tz_localize(None)
            return frame[["time", "boundary_id", "value"]]
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(path, "a CSV of time, boundary_id, value", error) from None

    @property
    def archive_names(self):
        """Names of the sensor archives."""
        return [entry["name"] for entry in self.info["archives"]]

    def archive(self, name="readings"):
        """Path of a sensor archive, a gzipped CSV."""
        return self._file("archives", "name", name)

    @property
    def has_model(self):
        """Whether the city has a semantic 3D model."""
        return "model" in self.info

    def model(self):
        """The 3D model in memory, CityModel in the CRS of the city; None where there is none."""
        from twin.model.storage import read_whole

        return read_whole(self._present(self.info["model"]["file"])) if self.has_model else None

    def model_objects(self):
        """Yield the objects of the 3D model one by one, a root before its parts, if any."""
        from twin.model.storage import read_objects

        if self.has_model:
            yield from read_objects(self._present(self.info["model"]["file"]))

    def model_table(self):
        """What is known of each object of the 3D model, DataFrame as `twin.model.storage.TABLE`.

        Raises
        ------
        MissingError
            The city has no model, or its table is gone.
        InputError
            The table is damaged.
        """
        from twin.model.storage import read_table

        if not self.has_model:
            raise MissingError(
                f"city {self.name} has no 3D model, expected one; import it with --cityjson or "
                "--citygml"
            )
        return read_table(self._present(self.info["model"]["table"]))

    def _entry(self, section, key, name):
        for entry in self.info[section]:
            if entry[key] == name:
                return entry
        there = ", ".join(entry[key] for entry in self.info[section]) or "none"
        raise MissingError(
            f"city {self.name} has no {section} entry {str(name)[:80]!r}, it has {there}; "
            "choose one of these"
        )

    def _file(self, section, key, name):
        return self._present(self._entry(section, key, name)["file"])

    def _present(self, file):
        path = inside(self.folder, file)
        if not path.is_file():
            raise MissingError(
                f"{path} is missing, city.toml expects it; restore it or import the city again"
            )
        return path


def open_city(folder):
    """Open a city package; its rasters and layers are read when asked for.

    Parameters
    ----------
    folder : str or pathlib.Path
        The package.

    Returns
    -------
    City

    Raises
    ------
    MissingError
        There is no city package.
    InputError
        It is damaged, hostile, or of a newer format.
    """
    folder = Path(folder)
    info, digest = read_manifest(folder)
    cells = info["grid"]
    grid = Grid(
        float(cells["x0"]),
        float(cells["y0"]),
        float(cells["cell_size"]),
        cells["nx"],
        cells["ny"],
        info["crs"],
    )
    return City(
        name=info["name"],
        title=str(info.get("title") or info["name"]),
        folder=folder,
        grid=grid,
        crs=info["crs"],
        vertical_datum=str(info.get("vertical_datum", "")),
        buildings_as=info["buildings_as"],
        edges=info["edges"],
        version=digest[:16],
        info=info,
    )


def write_city(
    folder,
    *,
    name,
    grid,
    terrain,
    layers,
    title="",
    vertical_datum="",
    vertical_crs="",
    geoid_height=None,
    terrain_is_guess=False,
    buildings_as="raised",
    edges="free",
    sources=None,
    weather=None,
    model=None,
    generator="",
    overwrite=False,
):
    """Write a city package aside and put it in place by one rename.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where the package goes; it must not exist, or `overwrite` must be set.
    name, title, vertical_datum, vertical_crs, generator : str
        What city.toml says about the city.
    geoid_height : float, optional
        Height of the zero of its heights over the WGS 84 ellipsoid [m], where it is known.
    terrain_is_guess : bool
        Whether the ground was not measured but laid between the bases of houses.
    grid : Grid
        Cells of the terrain, in a projected system in metres.
    terrain : xarray.Dataset or iterable of (row, column, xarray.Dataset)
        Terrain fields over (y, x) as `twin.fields` declares them; NaN elevation is outside
        of the city. As tiles, a city that does not fit in memory is written window by window.
    layers : dict of str to geopandas.GeoDataFrame
        Vector layers in the CRS of the grid.
    buildings_as : {"raised", "blockage", "none"}
        How the solver sees buildings.
    edges : {"closed", "free"}
        What the edge of the domain does by default.
    sources : dict of str to dict, optional
        For a layer or field its ``source``, ``licence`` and ``date``.
    weather : dict of str to (xarray.Dataset, pandas.DataFrame or None), optional
        Storms: rainfall, and the series of boundaries as time, boundary_id, value.
    model : twin.model.storage.StoredModel, optional
        The semantic 3D model, which is moved into the package.
    overwrite : bool
        Whether a city package that stands there already is replaced.

    Returns
    -------
    City

    Raises
    ------
    InputError, DeviceError
        Something that came in is wrong, or the disk is full; nothing is left behind.
    """
    from twin.city_writer import write_package

    info = {
        "name": name,
        "title": title or name,
        "crs": grid.crs,
        "vertical_datum": vertical_datum,
        "generator": generator,
        "buildings_as": buildings_as,
        "edges": edges,
    }
    height = None if geoid_height is None else float(geoid_height)
    more = {"vertical_crs": vertical_crs or None, "geoid_height": height}
    more["terrain_is_guess"] = terrain_is_guess or None
    info |= {key: value for key, value in more.items() if value is not None}
    write_package(
        Path(folder), info, grid, terrain, layers, sources or {}, weather or {}, overwrite, model
    )
    return open_city(folder)


def add_archive(city, name, archive):
    """Add a sensor archive to a city, or replace it.

    Parameters
    ----------
    city : City
        An open city.
    name : str
        Name of the archive, for example ``"readings"``.
    archive : str, pathlib.Path or pandas.DataFrame
        A CSV file (plain or gzipped), or the table itself.

    Returns
    -------
    City
        The city with its archive, opened again.
    """
    from twin.city_writer import put_archive

    put_archive(city, name, archive)
    return open_city(city.folder)


def check_city(folder):
    """Look for what is wrong in a city package.

    Parameters
    ----------
    folder : str or pathlib.Path
        The package.

    Returns
    -------
    list of str
        One line a problem; empty when all is well.

    Raises
    ------
    MissingError, InputError
        It cannot be opened at all.
    """
    from twin.city_check import problems_of

    return problems_of(open_city(folder))


def _damaged(path, what, error):
    reason = (str(error).splitlines() or [""])[0][:120]
    return InputError(
        f"{path} cannot be read ({reason}), expected {what}; restore it or import the city again"
    )
