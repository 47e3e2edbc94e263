"""Small cities for tests of the solver."""

import numpy as np
import pytest
import xarray as xr

from twin.grid import Grid


def make_terrain(elevation, cell_size=5.0, edges="closed", **fields):
    """Terrain dataset of an elevation array and any further fields."""
    ny, nx = elevation.shape
    grid = Grid(0.0, ny * cell_size, cell_size, nx, ny, "EPSG:3826")
    data = {"elevation": (("y", "x"), elevation)}
    for name, values in fields.items():
        data[name] = (("y", "x"), np.broadcast_to(values, elevation.shape).astype(float))
    attrs = {"crs": grid.crs, "edges": edges, "buildings_as": "raised"}
    return xr.Dataset(data, grid.coords(), attrs)


def make_rain(terrain, mm_h, seconds):
    """Steady rain over a terrain for a time, then none."""
    rate = np.full((2, 2, 2), mm_h / 3.6e6)
    rate[1] = 0
    times = np.datetime64("2026-06-09", "ns") + np.array([0, seconds]) * np.timedelta64(1, "s")
    x, y = terrain["x"].values[[0, -1]], terrain["y"].values[[0, -1]]
    return xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rate, {"units": "m s-1"})},
        {"time": times, "y": y, "x": x},
        {"crs": terrain.attrs["crs"]},
    )


def rough_ground(ny=70, nx=90, seed=0, height=2.0):
    """Random bumpy ground: ponds, ridges and flow in all directions [m]."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((ny // 8 + 2, nx // 8 + 2))
    y, x = np.linspace(0, ny / 8, ny), np.linspace(0, nx / 8, nx)
    j, i = y.astype(int), x.astype(int)
    fy, fx = (y - j)[:, None], x - i
    top = coarse[j][:, i] * (1 - fx) + coarse[j][:, i + 1] * fx
    bottom = coarse[j + 1][:, i] * (1 - fx) + coarse[j + 1][:, i + 1] * fx
    return 10 + height * (top * (1 - fy) + bottom * fy) + 0.05 * rng.random((ny, nx))


@pytest.fixture
def bumpy():
    """A bumpy city under losses."""
    return make_terrain(
        rough_ground(), infiltration_rate=2e-6, imperviousness=0.5, drain_capacity=3e-6
    )


@pytest.fixture
def load_text(tmp_path):
    """Read a case of some text, in a folder where other files may be put."""
    from hydrology.cases.case import load_case

    def load(text, **options):
        (tmp_path / "case.toml").write_text(text)
        return load_case(tmp_path / "case.toml", **options)

    load.folder = tmp_path
    return load
