"""Maps of what a scenario changes: a raster for other programs, a picture for people."""

import math

import numpy as np

from service.cog_file import write_cog

PIXELS = 1400
INK, PAPER, EDIT = "#22313a", "#fbfaf7", "#111111"


def write_difference(path, base, other, heat, tags):
    """Write before, after and change as one Cloud Optimized GeoTIFF.

    Parameters
    ----------
    path : path-like
    base, other : service.scenarios.compare.Side
    heat : service.scenarios.heat.HeatChange or None
    tags : dict
        Metadata of the file.

    Raises
    ------
    DeviceError
        What is on the disk is not what was written.
    """
    bands = {
        "depth_change": (other.depth - base.depth, "m"),
        "max_depth_base": (base.depth, "m"),
        "max_depth_scenario": (other.depth, "m"),
        "speed_change": (_change(base, other, "max_speed"), "m s-1"),
        "arrival_change": (_change(base, other, "arrival_time"), "s"),
    }
    if heat is not None:
        shade = heat.other.shadow_hours - heat.base.shadow_hours
        bands["surface_temperature_change"] = heat.warmer, "K"
        bands["surface_temperature_scenario"] = heat.other.surface_temperature, "degC"
        bands["shadow_change"] = shade, "h"
    arrays = [np.asarray(values, np.float32) for values, _ in bands.values()]
    write_cog(path, arrays, list(bands), [u for _, u in bands.values()], base.city.grid, tags)


def draw_change(path, values, city, scale, title, lines, reports=()):
    """Draw a change over the hills of the city, with its legend and the edits.

    Parameters
    ----------
    path : path-like
        PNG to write.
    values : numpy.ndarray
        Shape of the city's grid [units of the scale].
    city : twin.city.City
        As the scenario has it.
    scale : tiles.difference_picture.DivergingScale
    title : str
    lines : list of str
        Below the title.
    reports : sequence of twin.scenario.draft.EditReport
        Their outlines are drawn, with their numbers.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    grid = city.grid
    tall = min(max(grid.ny / grid.nx, 0.45), 1.6)
    figure = Figure(figsize=(11.5, 8.4 * tall + 1.2), facecolor=PAPER)
    FigureCanvasAgg(figure)
    inches = figure.get_figheight()
    axes = figure.add_axes([0.02, 0.25 / inches, 0.74, 1 - 1.25 / inches])
    west, south, east, north = grid.bounds
    step = max(1, math.ceil(max(grid.shape) / PIXELS))
    window = np.s_[::step, ::step]
    extent = (west, east, south, north)
    axes.imshow(
        _hills(city.terrain, grid.cell_size)[window], cmap="gray", vmin=0, vmax=1, extent=extent
    )
    axes.imshow(scale.palette[scale.classify(values)][window], extent=extent)
    _draw_edits(axes, reports, (east - west) / 400)
    axes.set(xticks=[], yticks=[], xlim=(west, east), ylim=(south, north))
    axes.set_anchor("NW")
    _draw_length(axes, grid.bounds)
    _draw_legend(figure, scale, reports, inches)
    figure.text(0.02, 1 - 0.42 / inches, title, fontsize=18, weight="bold", color=INK)
    for number, line in enumerate(lines):
        height = 1 - (0.68 + 0.22 * number) / inches
        figure.text(0.02, height, line, fontsize=10, color=INK)
    figure.savefig(path, dpi=110, metadata={"Title": title})


def _change(base, other, name):
    if name not in base.fields or name not in other.fields:
        return np.full(base.depth.shape, np.nan)
    return other.fields[name] - base.fields[name]


def _hills(terrain, cell_size):
    """Shaded ground and roofs, light where nothing is; shape (y, x), 0 to 1."""
    from matplotlib.colors import LightSource

    elevation = np.asarray(terrain["elevation"].values, np.float64)
    outside = ~np.isfinite(elevation)
    filled = np.where(outside, np.nanmin(elevation), elevation)
    relief = max(float(np.ptp(filled)), 1e-6)
    exaggeration = min(max(0.12 * cell_size * max(filled.shape) / relief, 1.0), 12.0)
    shade = LightSource(315, 45).hillshade(
        filled, vert_exag=exaggeration, dx=cell_size, dy=cell_size
    )
    grey = 0.70 + 0.28 * shade
    if "building_blockage" in terrain:
        grey[terrain["building_blockage"].values >= 0.5] = 0.55
    grey[outside] = 1.0
    return grey


def _draw_edits(axes, reports, size):
    """Outlines of the edits; objects that cover the whole city would hide the map."""
    import shapely

    for report in reports:
        parts = list(getattr(report.shape, "geoms", [report.shape]))[:2000]
        style = {"lw": 1.4} if len(parts) < 20 else {"lw": 0.5, "alpha": 0.5}
        for part in parts:
            if part.geom_type == "Point":
                axes.plot(part.x, part.y, "o", color=EDIT, ms=5)
                continue
            line = part.boundary if part.geom_type.endswith("Polygon") else part
            for piece in getattr(line, "geoms", [line]):
                x, y = shapely.get_coordinates(piece).T
                axes.plot(x, y, color=EDIT, **style)
        middle = report.shape.representative_point()
        box = {"boxstyle": "round,pad=0.25", "fc": "white", "ec": EDIT, "lw": 0.8}
        axes.text(middle.x + size, middle.y + size, str(report.number), fontsize=9, bbox=box)


def _draw_length(axes, bounds):
    west, south, east, north = bounds
    metres = 10 ** math.floor(math.log10((east - west) / 3))
    metres *= max(f for f in (1, 2) if f * metres <= (east - west) / 3)
    x, y = west + 0.03 * (east - west), south + 0.03 * (north - south)
    axes.plot([x, x + metres], [y, y], color=INK, lw=4, solid_capstyle="butt")
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8}
    axes.text(x, y + 0.015 * (north - south), label, fontsize=10, color=INK, bbox=box)


def _draw_legend(figure, scale, reports, inches):
    """Steps of colour from more to less, then the edits by number."""
    from matplotlib.patches import Rectangle

    line = 0.27 / inches
    side = figure.add_axes([0.775, 0.0, 0.22, 1.0])
    side.axis("off")
    side.set(xlim=(0, 1), ylim=(0, 1))
    y = 1 - 1.25 / inches
    side.text(0, y, f"Change [{scale.units}]", fontsize=12, weight="bold", color=INK)
    for entry in reversed(scale.steps):
        y -= 1.15 * line
        side.add_patch(Rectangle((0, y), 0.14, 0.85 * line, color=entry["colour"]))
        side.text(0.19, y + 0.15 * line, _range(entry), fontsize=10, color=INK)
    y -= 1.8 * line
    for report in list(reports)[:18]:
        side.text(0, y, f"{report.number}  {report.name}"[:34], fontsize=9, color=INK)
        y -= 0.85 * line


def _range(entry):
    low, high = entry["lower"], entry["upper"]
    if high is None:
        return f"more than +{low:g}"
    if low is None:
        return f"more than \N{MINUS SIGN}{-high:g}"
    return " to ".join(f"{v:+g}".replace("-", "\N{MINUS SIGN}") for v in (low, high))
