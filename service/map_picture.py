"""The map of a run as one picture: ground, deepest water, hotspots, and what it is of."""

import math

import numpy as np

CLASSES = (0.05, 0.15, 0.30, 0.50, 1.00, 2.00, math.inf)
BLUES = ("#cfe6f7", "#9ecae8", "#5ea6d6", "#2f7fbf", "#14539a", "#0a2a66")
PIXELS = 1600
NAMED_HOTSPOTS = 10
INK, PAPER, MARK = "#22313a", "#fbfaf7", "#c8372d"
MASKS = {"Buildings": "#a59c8f", "Rivers and ponds": "#a9bcc6"}


def draw_map(path, elevation, max_depth, grid, title, lines, hotspots=(), masks=None):
    """Draw the deepest water of a run over the hills of the city.

    Parameters
    ----------
    path : path-like
        PNG to write.
    elevation, max_depth : ndarray (y, x)
        Ground [m], NaN outside of the city; largest depth [m].
    grid : twin.grid.Grid
        Where the cells lie.
    title : str
        What the picture shows.
    lines : list of str
        Issue time, valid time, run id and the like, below the title.
    hotspots : list of dict
        Ranked rows with ``x``, ``y`` [m], ``place`` and ``depth`` [m]; the first ten are named.
    masks : dict, optional
        Name of a key of `MASKS` -> ndarray (y, x) of bool: cells to paint in one colour.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    step = max(1, math.ceil(max(grid.shape) / PIXELS))
    ground = _coarse(elevation, step, np.nanmean)
    depth = _coarse(max_depth, step, np.nanmax)
    masks = {name: _coarse(mask, step, np.nanmax) > 0 for name, mask in (masks or {}).items()}
    depth[masks.get("Rivers and ponds", np.zeros(depth.shape, bool))] = np.nan
    tall = min(max(grid.ny / grid.nx, 0.45), 1.6)
    figure = Figure(figsize=(12.5, 9.3 * tall + 1.5), facecolor=PAPER)
    FigureCanvasAgg(figure)
    inches = figure.get_figheight()
    top = 1.0 - 1.05 / inches
    axes = figure.add_axes([0.02, 0.3 / inches, 0.74, top - 0.3 / inches])
    extent = _extent(grid, ground.shape, step)
    _draw_ground(axes, ground, grid.cell_size * step, extent)
    for name, mask in masks.items():
        _paint(axes, np.ma.masked_where(~mask, mask), [MASKS[name]], extent)
    deep = np.ma.masked_where(~(depth >= CLASSES[0]), depth)
    _paint(axes, deep, BLUES, extent, [*CLASSES[:-1], 1e4])
    _draw_scale_bar(axes, grid)
    _draw_hotspots(axes, hotspots)
    axes.set(xticks=[], yticks=[])
    axes.set_anchor("NW")
    axes.spines[:].set_color(INK)
    side = figure.add_axes([0.775, 0.3 / inches, 0.215, top - 0.3 / inches])
    side.axis("off")
    _draw_side(side, hotspots, list(masks), inches)
    figure.text(0.02, 1 - 0.42 / inches, title, fontsize=19, weight="bold", color=INK)
    for number, line in enumerate(lines):
        height = 1 - (0.68 + 0.22 * number) / inches
        figure.text(0.02, height, line, fontsize=10, color=INK, alpha=0.85)
    figure.savefig(path, dpi=110, metadata={"Title": title, "Description": "; ".join(lines)})


def _coarse(array, step, reduce):
    """Blocks of cells as one pixel; the rest at the south and east edge is kept."""
    array = np.asarray(array, "f4")
    if step == 1:
        return array
    rows, columns = (math.ceil(size / step) * step for size in array.shape)
    missing = ((0, rows - array.shape[0]), (0, columns - array.shape[1]))
    padded = np.pad(array, missing, constant_values=np.nan)
    blocks = padded.reshape(rows // step, step, columns // step, step)
    with np.testing.suppress_warnings() as quiet:
        quiet.filter(RuntimeWarning)
        return reduce(blocks, axis=(1, 3))


def _extent(grid, shape, step):
    west, _, _, north = grid.bounds
    size = grid.cell_size * step
    return west, west + shape[1] * size, north - shape[0] * size, north


def _draw_ground(axes, ground, size, extent):
    from matplotlib.colors import LightSource

    outside = ~np.isfinite(ground)
    filled = np.where(outside, np.nanmin(ground), ground)
    relief = max(float(np.ptp(filled)), 1e-6)
    exaggeration = min(max(0.12 * size * max(filled.shape) / relief, 1.0), 12.0)
    light = LightSource(azdeg=315, altdeg=45)
    shade = light.hillshade(filled, vert_exag=exaggeration, dx=size, dy=size)
    grey = np.ma.masked_where(outside, 0.62 + 0.36 * shade)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="bilinear")


def _paint(axes, values, colours, extent, bounds=(0, 2)):
    from matplotlib.colors import BoundaryNorm, ListedColormap

    norm = BoundaryNorm(bounds, len(colours))
    style = {"extent": extent, "interpolation": "nearest"}
    axes.imshow(values, cmap=ListedColormap(colours), norm=norm, **style)


def _draw_scale_bar(axes, grid):
    west, south, east, north = grid.bounds
    width, height = east - west, north - south
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    length = _round_length(width / 5)
    x, y = west + 0.03 * width, south + 0.035 * height
    halo = _halo()
    axes.plot([x, x + length], [y, y], color=INK, lw=4, solid_capstyle="butt", path_effects=halo)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    style = {"color": INK, "fontsize": 11, "path_effects": halo}
    axes.text(x + length / 2, y + 0.012 * height, label, ha="center", va="bottom", **style)
    axes.annotate(
        "N",
        xy=(0.965, 0.975),
        xytext=(0.965, 0.915),
        xycoords="axes fraction",
        ha="center",
        va="top",
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.6},
        **style,
    )


def _round_length(metres):
    power = 10 ** math.floor(math.log10(metres))
    return next(power * factor for factor in (5, 2, 1) if power * factor <= metres)


def _draw_hotspots(axes, hotspots):
    for rank, spot in enumerate(hotspots, 1):
        named = rank <= NAMED_HOTSPOTS
        size = 190 if named else 60
        axes.scatter(
            spot["x"], spot["y"], s=size, color=MARK, edgecolor="white", lw=1.2, zorder=40 - rank
        )
        if named:
            style = {"color": "white", "fontsize": 9, "weight": "bold", "zorder": 41 - rank}
            axes.text(spot["x"], spot["y"], str(rank), ha="center", va="center_baseline", **style)


def _draw_side(side, hotspots, masks, inches):
    """Legend of depths and the list of the named hotspots."""
    line = 0.25 / inches
    side.set(xlim=(0, 1), ylim=(0, 1))
    heading = {"fontsize": 12, "weight": "bold", "color": INK}
    side.text(0, 1 - line, "Deepest water [m]", **heading)
    y = 1 - 1.3 * line
    for low, high, colour in zip(CLASSES, CLASSES[1:], BLUES, strict=False):
        y -= 1.15 * line
        label = f"over {low:.2f}" if math.isinf(high) else f"{low:.2f} to {high:.2f}"
        _legend_entry(side, y, line, colour, label)
    for name in masks:
        y -= 1.15 * line
        _legend_entry(side, y, line, MASKS[name], name)
    if not hotspots:
        return
    y -= 2.2 * line
    side.text(0, y, "Hotspots", **heading)
    y -= 0.2 * line
    for rank, spot in enumerate(hotspots[:NAMED_HOTSPOTS], 1):
        y -= 1.15 * line
        side.text(0.06, y, str(rank), fontsize=10, weight="bold", color=MARK, ha="center")
        side.text(0.13, y, _short(spot["place"], 22), fontsize=10, color=INK)
        side.text(1, y, f"{spot['depth']:.2f} m", fontsize=10, color=INK, ha="right")


def _legend_entry(side, y, line, colour, label):
    from matplotlib.patches import Rectangle

    side.add_patch(Rectangle((0, y), 0.13, 0.85 * line, color=colour))
    side.text(0.18, y + 0.15 * line, label, fontsize=10, color=INK)


def _short(text, letters):
    text = str(text)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _halo():
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3, foreground="white")]
