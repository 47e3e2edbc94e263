"""A flood that the forecast never sees, with errors in gauges and drains that it does not know."""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hydrology.forecast.coarse_terrain import coarsen_terrain
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.solver.simulation import Settings, simulate
from sample_city.archive import record_archive
from twin.errors import InputError
from twin.feeds.archive_csv import read
from twin.grid import Grid
from twin.observations.store import ObservationStore
from twin.quality.judge import judge
from twin.quality.rules import read_rules

STORM = "storm"
LOOK_BACK = pd.Timedelta(hours=24)
KEY = ("source_id", "station_id", "property", "phenomenon_time")
PROPERTIES = ("rainfall_rate", "water_level", "water_depth")

BLOCK_METRES = 120.0
"""Edge of the blocks whose drains are blocked together [m]."""

ERRORS = ("none", "hidden")


@dataclass(frozen=True)
class BenchCity:
    """A sample city, on cells as large as there is time for.

    Attributes
    ----------
    terrain : xarray.Dataset
    grid : twin.grid.Grid
        Its cells.
    layers : dict of GeoDataFrame
        ``sensors``, whose ``elevation`` is that of the cells, and ``flood_spots``.
    rain : xarray.Dataset
        The storm.
    """

    terrain: object
    grid: Grid
    layers: dict
    rain: object

    @property
    def name(self):
        """What it is called in messages."""
        return "bench"

    def layer(self, name):
        """A layer by name."""
        return self.layers[name]


def bench_city(city, factor=1):
    """A sample city on cells larger by a whole factor; its sensors are surveyed anew there."""
    terrain = coarsen_terrain(city.terrain, factor)
    grid, sensors = Grid.of(terrain), city.layer("sensors").copy()
    cells = [grid.cell_of(point.x, point.y) for point in sensors.geometry]
    ground = terrain["elevation"].values
    sensors["elevation"] = [float(ground[cell]) for cell in cells]
    layers = {"sensors": sensors, "flood_spots": city.layer("flood_spots")}
    return BenchCity(terrain, grid, layers, city.weather(STORM))


@dataclass(frozen=True)
class Truth:
    """What happened, and what was measured of it.

    Attributes
    ----------
    start : numpy.datetime64
        Begin of the storm (UTC).
    flood : xarray.Dataset
        True `water_depth` (time, y, x) [m], every five minutes.
    store : twin.observations.store.ObservationStore
        The archive of all sensors, faults included.
    stations : GeoDataFrame
        The sensors.
    rain : xarray.Dataset
        True `rainfall_rate` (time, y, x) [m s-1].
    about : dict
        The hidden errors: share of the rain that the gauges catch, share of the city whose
        drains are blocked.
    """

    start: np.datetime64
    flood: object
    store: ObservationStore
    stations: object
    rain: object
    about: dict

    def readings(self, issue):
        """All readings that were known at a time, judged by the rules of quality control."""
        moment = pd.Timestamp(issue, tz="UTC")
        parts = [
            self.store.series(name, moment - LOOK_BACK, moment, known_at=moment)
            for name in PROPERTIES
        ]
        known = pd.concat([part for part in parts if len(part)], ignore_index=True)
        verdicts = judge(known, self.stations, read_rules())
        merged = known.merge(verdicts[[*KEY, "flag"]], on=list(KEY), how="left", suffixes=("", "_"))
        return known.assign(flag=merged[["flag", "flag_"]].max(axis=1).astype(int).to_numpy())

    def numerical_forecast(self, issue, seed):
        """Rain ahead as a numerical forecast would have it: the storm, with errors.

        Parameters
        ----------
        issue : numpy.datetime64
            Its errors are drawn anew for each.
        seed : int

        Returns
        -------
        callable
            As `hydrology.forecast.forecast.forecast` takes it. All members share one error of
            amount and time (lognormal 0.25, normal 10 minutes), and have one more of that size
            each.
        """
        offset = int((issue - self.start) / np.timedelta64(1, "s"))
        shared = np.random.default_rng([seed, offset, 7]).standard_normal(2)

        def ahead(observed, times, *, member, seed):
            own = np.random.default_rng([seed, member, offset]).standard_normal(2)
            errors = shared + (own if member else 0.0)
            late = np.timedelta64(round(600 * errors[1]), "s")
            moved = self.rain["rainfall_rate"].interp(
                time=np.clip(times + np.timedelta64(300, "s") - late, *self._span),
                x=observed["x"], y=observed["y"], kwargs={"fill_value": None},
            )  # fmt: skip
            rate = np.exp(0.25 * errors[0]) * np.maximum(moved.values, 0.0)
            return rainfall_dataset(times, rate, Grid.of(observed))

        return ahead

    @property
    def _span(self):
        return self.rain["time"].values[[0, -1]]

    def depth_at(self, cells, times):
        """True depth at cells (row, column), shape (time, cell) [m]."""
        rows, columns = np.array(cells).T
        depth = self.flood["water_depth"].values[:, rows, columns]
        known = (self.flood["time"].values - self.start) / np.timedelta64(1, "s")
        wanted = (np.asarray(times) - self.start) / np.timedelta64(1, "s")
        return np.column_stack([np.interp(wanted, known, series) for series in depth.T])


def make_truth(city, boundaries_of, seed, errors, folder, hours=3.0):
    """Compute a true flood and record its sensors.

    Parameters
    ----------
    city : BenchCity
    boundaries_of : callable
        ``boundaries_of(start, storm)`` -> inflows and stages.
    seed : int
        Of the errors, the noise and the faults of the sensors.
    errors : str
        "none": the truth is the model's own storm over the model's own city, so that only the
        gauges' sparseness, the faults and the rain to come are unknown. "hidden": the gauges
        catch only 55 to 95 % of the rain; in a third of the blocks, drains take only 0 to 50 %
        of what the city's data say; roughness is wrong by up to a quarter anywhere.
    folder : path-like
        Gets the observation store.
    hours : float
        Length [h].

    Returns
    -------
    Truth

    Notes
    -----
    The hidden errors are uniform and sharp-edged, not lognormal and smooth as those that the
    ensemble draws: the filter is not told the family of its errors.
    """
    if errors not in ERRORS:
        raise InputError(f"errors is {errors!r}, expected one of {', '.join(ERRORS)}; choose one")
    rain = city.rain
    start = rain["time"].values[0]
    terrain, caught, blocked = city.terrain, 1.0, 0.0
    if errors == "hidden":
        dice = np.random.default_rng([seed, 99])
        caught = float(dice.uniform(0.55, 0.95))
        terrain, blocked = _worn(terrain, dice)
    result = simulate(
        terrain,
        rain,
        seconds=3600.0 * hours,
        start=start,
        boundaries=boundaries_of(start, STORM),
        settings=Settings(frame_seconds=300.0),
    )
    measured = rain.assign(rainfall_rate=caught * rain["rainfall_rate"])
    table = record_archive(city, measured, result.flood, seed=seed)
    store = ObservationStore(Path(folder) / f"store-{seed}")
    store.append(_parsed(table))
    about = {"gauges_catch": round(caught, 3), "blocked_share": round(blocked, 3)}
    return Truth(start, result.flood, store, city.layer("sensors"), rain, about)


def _worn(terrain, dice):
    """The city as it is and nobody knows: blocked drains, another roughness."""
    shape = terrain["drain_capacity"].shape
    cell = float(terrain["x"][1] - terrain["x"][0])
    edge = max(1, round(BLOCK_METRES / cell))
    blocks = tuple(-(-count // edge) for count in shape)
    is_blocked = dice.random(blocks) < 1 / 3
    share = np.where(is_blocked, dice.uniform(0.0, 0.5, blocks), 1.0)
    rough = dice.uniform(0.75, 1.25, blocks)
    changed = {
        "drain_capacity": terrain["drain_capacity"] * _spread(share, edge, shape),
        "manning": terrain["manning"] * _spread(rough, edge, shape),
    }
    changed = {name: field.astype(np.float32) for name, field in changed.items()}
    for name, field in changed.items():
        field.attrs = terrain[name].attrs
    return terrain.assign(changed), float(is_blocked.mean())


def _spread(blocks, edge, shape):
    return np.kron(blocks, np.ones((edge, edge)))[: shape[0], : shape[1]]


def _parsed(table):
    """The archive through its adapter, as `floodtwin ingest` takes it."""
    text = io.StringIO()
    table.to_csv(text, index=False)
    received = pd.Timestamp(table["received"].max()).tz_convert("UTC")
    return read(gzip.compress(text.getvalue().encode()), received).readings
