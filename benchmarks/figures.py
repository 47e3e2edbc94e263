"""Pictures for the report: each drawing as an SVG that stands alone."""

import base64
import io
from functools import singledispatch

import numpy as np

from benchmarks.drawings import Map, Orders, Profile, Series

COMPUTED, EXPECTED, GROUND, WATER = "#0b6fb8", "#d9480f", "#6b5d4f", "#a5d3f2"
DASHES = (0, (4, 2))
_STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a0",
    "axes.labelcolor": "#39424e",
    "xtick.color": "#5b6673",
    "ytick.color": "#5b6673",
    "legend.frameon": False,
    "lines.linewidth": 1.4,
}


def picture(drawing):
    """Draw something as a data address for an ``img``.

    Parameters
    ----------
    drawing : Profile, Series, Map or Orders
        What is drawn.

    Returns
    -------
    str
        ``data:image/svg+xml;base64,...``
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(6.2, 2.9), layout="constrained")
        draw(drawing, figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()


@singledispatch
def draw(drawing, figure):
    """Draw on a matplotlib figure."""
    del figure
    raise TypeError(f"{type(drawing).__name__} cannot be drawn")


@draw.register
def _profile(drawing: Profile, figure):
    """Levels over the ground, or depths where the ground falls by much more than the depth."""
    levels, speeds = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    order = np.argsort(drawing.along)
    x, ground = drawing.along[order], drawing.ground[order]
    depth, exact = drawing.level[order] - ground, drawing.exact_level[order] - ground
    is_steep = np.nanmax(ground) - np.nanmin(ground) > 3 * np.nanmax(exact)
    base = np.zeros_like(ground) if is_steep else ground
    is_wet = depth > 1e-4
    levels.fill_between(x, base, base + depth, where=is_wet, color=WATER, linewidth=0)
    if not is_steep:
        levels.plot(x, ground, color=GROUND, linewidth=1, label="ground")
    levels.plot(x, base + exact, color=EXPECTED, linestyle=DASHES, label="exact")
    levels.plot(x, np.where(is_wet, base + depth, np.nan), color=COMPUTED, label="computed")
    levels.set_ylabel("depth [m]" if is_steep else "level [m]")
    _legend(levels)
    speeds.plot(x, drawing.exact_speed[order], color=EXPECTED, linestyle=DASHES)
    speeds.plot(x, drawing.speed[order], color=COMPUTED)
    speeds.set_ylabel("speed [m/s]")
    speeds.set_xlabel(f"{drawing.axis}, after {drawing.seconds:g} s")


def _legend(axes):
    axes.legend(ncols=6, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0))


@draw.register
def _series(drawing: Series, figure):
    axes = figure.subplots()
    scale, unit = (3600.0, "h") if drawing.seconds[-1] > 7200 else (1.0, "s")
    values = drawing.values
    if isinstance(values, dict):
        for name, series in values.items():
            axes.plot(drawing.seconds / scale, series, linewidth=1, label=name)
    else:
        axes.plot(drawing.seconds / scale, values, color=COMPUTED, label="computed")
    if drawing.reference is not None:
        style = {"color": EXPECTED, "linestyle": DASHES, "label": drawing.reference_name}
        if len(drawing.reference) == 1:
            style |= {"linestyle": "none", "marker": "o"}
        axes.plot(drawing.reference_seconds / scale, drawing.reference, **style)
    axes.set_title(drawing.title, fontsize=9, loc="left")
    axes.set_ylabel(f"[{drawing.unit}]" if drawing.unit else "")
    axes.set_xlabel(f"time [{unit}]")
    _legend(axes)


@draw.register
def _map(drawing: Map, figure):
    import matplotlib as mpl

    axes = figure.subplots()
    deepest = max(float(np.nanmax(drawing.depth)), 1e-6)
    shades = _hillshade(drawing.ground)
    axes.imshow(shades, extent=drawing.extent, cmap="gray", vmin=-0.6, vmax=1.3)
    colours = mpl.colormaps["YlGnBu"].with_extremes(bad=(0, 0, 0, 0))
    wet = np.where(drawing.depth > deepest * 1e-3, drawing.depth, np.nan)
    image = axes.imshow(wet, extent=drawing.extent, cmap=colours, vmin=0, vmax=deepest, alpha=0.9)
    for name, (x, y) in drawing.points.items():
        axes.plot(x, y, "o", color=EXPECTED, markersize=3)
        axes.annotate(name, (x, y), (3, 3), textcoords="offset points", fontsize=8)
    axes.set_aspect("equal")
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=4)
    figure.colorbar(image, ax=axes, label=f"{drawing.title} [m]", shrink=0.9)


@draw.register
def _orders(drawing: Orders, figure):
    axes = figure.subplots()
    sizes, errors = np.array(drawing.cell_sizes), np.array(drawing.errors)
    axes.loglog(sizes, errors, "o-", color=COMPUTED, label=f"computed, order {drawing.order:.2f}")
    first = errors[0] * sizes / sizes[0]
    axes.loglog(sizes, first, color=EXPECTED, linestyle=DASHES, label="first order")
    axes.set_xlabel("cell size [m]")
    axes.set_ylabel("L1 error of the depth")
    _legend(axes)


def _hillshade(ground):
    """Light from the north-west on the ground, 0 to 1; NaN where there is none."""
    filled = np.where(np.isfinite(ground), ground, np.nanmean(ground))
    if min(filled.shape) < 2:
        return np.ones_like(filled)
    down, right = np.gradient(filled)
    steep = max(float(np.percentile(np.hypot(down, right), 95)), 1e-12)
    light = 0.7 + 0.3 * np.clip((down + right) / (2 * steep), -1, 1)
    return np.where(np.isfinite(ground), light, np.nan)
