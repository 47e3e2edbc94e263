"""A page around pictures of a scene: title, times, legend, and what the picture is of."""

from dataclasses import dataclass

import numpy as np

from twin.scene.scene import DRY_BUILDING, PAPER

_DOTS = 100  # a inch
_HEAD, _FOOT, _CAPTION, _GAP, _EDGE = 96, 124, 40, 12, 28  # pixels
_SWATCH = 80  # pixels from one step of a legend to the next
_INK, _DIM, _WARNING = "#eef2f5", "#a9b4bd", "#ffb454"
_FONTS = ("DejaVu Sans", "Noto Sans CJK TC", "Noto Sans CJK JP")


@dataclass(frozen=True)
class PageText:
    """The words of a page.

    Parameters
    ----------
    title : str
        What it shows.
    lines : tuple of str
        Below the title: times, run and the like.
    warnings : tuple of str
        Words that must not be missed, such as ``"EXERCISE"``.
    foot : str
        Last line: how the picture was made.
    """

    title: str
    lines: tuple = ()
    warnings: tuple = ()
    foot: str = ""


def compose(pictures, captions, text, legends, marks=(), unpainted="dry"):
    """Put pictures side by side on a page with one legend.

    Parameters
    ----------
    pictures : sequence of numpy.ndarray
        Red, green, blue, uint8, of one size (height, width, 3).
    captions : sequence of str
        Below each picture, "" for none.
    text : PageText
        Words of the page.
    legends : sequence of (str, object)
        Title and scale (as `tiles.colours.Scale`) of each.
    marks : sequence of (str, float, float)
        Words at pixels (column, row) of the first picture.
    unpainted : str
        What a building without a colour of the legend is.

    Returns
    -------
    numpy.ndarray
        The page: red, green, blue, uint8, shape (height, width, 3).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tall, wide = pictures[0].shape[:2]
    caption = _CAPTION if any(captions) else 0
    width = 2 * _EDGE + len(pictures) * wide + (len(pictures) - 1) * _GAP
    height = _HEAD + tall + caption + _FOOT
    paper = tuple(part / 255 for part in PAPER)
    figure = Figure(figsize=(width / _DOTS, height / _DOTS), dpi=_DOTS, facecolor=paper)
    canvas = FigureCanvasAgg(figure)
    for number, picture in enumerate(pictures):
        left = _EDGE + number * (wide + _GAP)
        axes = figure.add_axes(
            [left / width, (_FOOT + caption) / height, wide / width, tall / height]
        )
        axes.imshow(picture, interpolation="none", aspect="auto")
        axes.axis("off")
        _write(figure, left + wide / 2, height - _FOOT - 25, captions[number], 14, side="center")
        if number == 0:
            _mark(axes, marks, wide)
    _write(figure, _EDGE, 40, text.title, 21, weight="bold")
    below = _write(figure, _EDGE, 74, "   ·   ".join(text.lines), 12.5, _DIM)
    warned = "   ".join(text.warnings)
    _write(figure, width - _EDGE, 40, warned, 17, _WARNING, weight="bold", side="right")
    _draw_legends(figure, legends, unpainted, height - _FOOT + 30)
    foot = _write(figure, _EDGE, height - 14, text.foot, 10.5, _DIM)
    for line in (below, foot):
        long = line.get_window_extent(canvas.get_renderer()).width
        line.set_fontsize(line.get_fontsize() * min(1, (width - 2 * _EDGE) / max(long, 1)))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _write(figure, left, top, words, size, colour=_INK, weight="normal", side="left"):
    """Text whose base line is `top` pixels below the upper edge."""
    width, height = figure.get_size_inches() * _DOTS
    return figure.text(
        left / width,
        1 - top / height,
        words,
        fontsize=size * 72 / _DOTS * 1.25,
        color=colour,
        weight=weight,
        ha=side,
        family=_families(),
    )


def _families():
    """Fonts that this machine has, with Chinese letters where there are any."""
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    return [name for name in _FONTS if name in known] or ["sans-serif"]


def _mark(axes, marks, wide):
    """Names over places, with a line down to each."""
    for words, column, row in marks:
        side = "right" if column > 0.8 * wide else "left" if column < 0.2 * wide else "center"
        axes.annotate(
            words,
            (column, row),
            (column, max(row - 70, 18)),
            color=_INK,
            fontsize=10.5,
            ha=side,
            family=_families(),
            annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.3", "fc": "#12181ee0", "ec": "#5b6a75", "lw": 0.6},
            arrowprops={"arrowstyle": "-", "color": _INK, "lw": 0.9},
        )


def _draw_legends(figure, legends, unpainted, top):
    """Legends one beside the other: title, a swatch a step, and one for the other buildings."""
    left = _EDGE
    for title, scale in legends:
        words = _write(figure, left, top, f"{title} [{scale.units}]", 12)
        end = left + words.get_window_extent(figure.canvas.get_renderer()).width
        at = left
        for step in scale.steps:
            _swatch(figure, at, top + 10, _SWATCH - 4, step["colour"])
            _write(figure, at + 1, top + 46, _range(step), 10, _DIM)
            at += _SWATCH
        left = max(end, at) + 40
    _swatch(figure, left, top + 10, _SWATCH - 4, tuple(part / 255 for part in DRY_BUILDING))
    _write(figure, left, top, "Buildings", 12)
    _write(figure, left + 1, top + 46, unpainted, 10, _DIM)


def _range(step):
    """Limits of a step as people read them."""
    if step["upper"] is None:
        return f"over {step['lower']:g}"
    return f"{step['lower']:g}–{step['upper']:g}"


def _swatch(figure, left, top, wide, colour):
    from matplotlib.patches import Rectangle

    width, height = figure.get_size_inches() * _DOTS
    box = (left / width, 1 - (top + 18) / height)
    figure.patches.append(
        Rectangle(
            box, wide / width, 18 / height, transform=figure.transFigure, fc=colour, ec="none"
        )
    )
