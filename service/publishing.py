"""From numbers to a published run: all products and the manifest that vouches for them."""

from dataclasses import dataclass, field

import numpy as np

from service.flood_file import FloodFile
from service.map_picture import draw_map
from service.products import (
    plain,
    write_building_depths,
    write_hotspots,
    write_maxima,
    write_probability,
)
from service.storm import NO_DATE
from service.utc import iso
from service.words.verbs import program_version


@dataclass(frozen=True)
class About:
    """What every product of a run says about itself.

    Parameters
    ----------
    kind : str
        ``"simulate"`` or ``"forecast"``.
    name, title, version : str
        Of the city or the case.
    grid : twin.grid.Grid
        Cells of the run.
    start : numpy.datetime64
        Time of second zero, UTC.
    seconds : float
        Length of the run [s].
    issue_time : str
        ISO time at which the run was asked for.
    members_requested, members_used : int
        Of the ensemble; 1 for a single run.
    inputs : list of dict
        ``name``, ``sha256``, ``newest_time`` of what went in.
    inputs_degraded : list of str
        What was late, missing or replaced.
    settings : dict
        How it was computed.
    """

    kind: str
    name: str
    title: str
    version: str
    grid: object
    start: object
    seconds: float
    issue_time: str
    members_requested: int = 1
    members_used: int = 1
    inputs: list = field(default_factory=list)
    inputs_degraded: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)
    exercise: bool = False
    more: dict = field(default_factory=dict)

    @property
    def twin_level(self):
        """Level of the twin by Paulsson (2018) that this output reaches."""
        return "L3" if self.kind == "forecast" else "L1"

    @property
    def valid_to(self):
        """ISO time of the end of the run."""
        return iso(self.start + np.timedelta64(round(self.seconds), "s"))

    @property
    def is_undated(self):
        """Whether the rain counts from zero instead of from a date."""
        return self.start == NO_DATE

    def tags(self, run_id):
        """Attributes that each product of a run carries."""
        return {
            "title": f"Flood of {self.title}",
            "source": f"Floodtwin {model_version()}",
            "run_id": run_id,
            "kind": self.kind,
            "city": self.name,
            "city_version": self.version,
            "model_version": model_version(),
            "issue_time": self.issue_time,
            "valid_from": iso(self.start),
            "valid_to": self.valid_to,
            "twin_level": self.twin_level,
        }


def model_version():
    """Version of Floodtwin and of its solver, such as ``0.1.0+inertial-1``."""
    from hydrology.solver.simulation import MODEL_VERSION

    return f"{program_version()}+{MODEL_VERSION}"


def begin_flood(run, about):
    """The ``flood.zarr`` of a run, ready for its first frame."""
    return FloodFile(run.folder / "flood.zarr", about.grid, about.start, about.tags(run.run_id))


def publish(run, about, file, maxima, terrain, *, city=None, probability=None, hotspots=None,
            ledger=None, performance=None, others=None):  # fmt: skip
    """Write what is left of the products and publish the run.

    Parameters
    ----------
    run : service.runs.RunWriter
        The run being written.
    about : About
        What it is.
    file : FloodFile
        With all frames in it.
    maxima : xarray.Dataset (y, x)
        Fields over the whole run.
    terrain : xarray.Dataset (y, x)
        Ground on the grid of the run.
    city : twin.city.City, optional
        Its buildings get their depths.
    probability : xarray.DataArray (threshold, y, x), optional
        Exceedance probabilities of a forecast.
    hotspots : GeoDataFrame, optional
        Ranked places.
    ledger, performance : dict, optional
        Water balance [m3]; cells, steps, wall_seconds, mcups.
    others : dict, optional
        Products that are in the folder already, by name.

    Returns
    -------
    run : Run
        The published run.
    rows : list of dict
        The hotspots as JSON carries them.
    """
    folder, tags = run.folder, about.tags(run.run_id)
    flood = file.finish(maxima)
    times = [iso(time) for time in file.times]
    write_maxima(folder / "maxima.tif", maxima, about.grid, tags)
    products = {"flood": "flood.zarr", "maxima": "maxima.tif", "map": "map.png", **(others or {})}
    rows = []
    if probability is not None:
        write_probability(folder / "probability.tif", probability, about.grid, tags)
        products["probability"] = "probability.tif"
    if hotspots is not None:
        rows = write_hotspots(folder, hotspots)
        products |= {"hotspots": "hotspots.geojson", "hotspots_csv": "hotspots.csv"}
    if city is not None and city.has_layer("buildings"):
        from twin.exposure import building_depths

        depths = building_depths(city.layer("buildings"), flood["water_depth"], about.grid)
        write_building_depths(folder, depths, times)
        products |= {"buildings": "buildings.json", "building_depths": "depths.bin"}
    spots = [] if hotspots is None else _map_spots(hotspots.to_crs(about.grid.crs))
    _draw(folder / "map.png", about, run.run_id, flood["max_depth"].values, terrain, spots)
    manifest = _manifest(about, times, products, ledger or {}, performance or {})
    return run.publish(manifest), rows


def _manifest(about, times, products, ledger, performance):
    return {
        "kind": about.kind,
        "city": {"name": about.name, "version": about.version, "crs": about.grid.crs},
        "model_version": model_version(),
        "issue_time": about.issue_time,
        "valid_from": iso(about.start),
        "valid_to": about.valid_to,
        "horizon_hours": about.seconds / 3600.0,
        "members_requested": about.members_requested,
        "members_used": about.members_used,
        "inputs_degraded": list(about.inputs_degraded),
        "inputs": about.inputs,
        "settings": about.settings,
        "ledger": {name: float(value) for name, value in ledger.items()},
        "performance": {name: plain(value) for name, value in performance.items()},
        "twin_level": about.twin_level,
        "exercise": about.exercise,
        "times": times,
        "products": products,
        **about.more,
    }


def _draw(path, about, run_id, max_depth, terrain, spots):
    masks = {}
    built = [name for name in ("building_height", "building_blockage") if name in terrain]
    if built:
        masks["Buildings"] = np.any([terrain[name].values > 0.3 for name in built], axis=0)
    if "initial_depth" in terrain and float(terrain["initial_depth"].max()) > 0.05:
        masks["Rivers and ponds"] = terrain["initial_depth"].values > 0.05
    what = "Flood forecast" if about.kind == "forecast" else "Flood simulation"
    lines = [_when(about), f"Run {run_id}, Floodtwin {model_version()}, {_rank(about)}"]
    elevation = terrain["elevation"].values
    title = f"{what}, {about.title}"
    draw_map(path, elevation, max_depth, about.grid, title, lines, spots, masks)


def _when(about):
    """Issue and valid time; rain without a date has none to show."""
    first, last, issued = (
        time[:16].replace("T", " ") for time in (iso(about.start), about.valid_to, about.issue_time)
    )
    hours = f"{about.seconds / 3600:g} h"
    valid = f"{hours} of rain without a date" if about.is_undated else f"{first} to {last} UTC"
    return f"Issued {issued} UTC, valid {valid}" + ("" if about.is_undated else f" ({hours})")


def _rank(about):
    members = f", {about.members_used} of {about.members_requested} members"
    return f"twin level {about.twin_level}" + (members if about.kind == "forecast" else "")


def _map_spots(hotspots):
    return [
        {"x": row.geometry.x, "y": row.geometry.y, "place": row.place, "depth": row.depth_p50_m}
        for row in hotspots.itertuples()
    ]
