"""Pictures of a verification: reliability, ROC, scores by horizon, lead times by place."""

import base64
import io

INK, WATER, WARM, SOFT = "#17212b", "#0b6fb8", "#d9480f", "#8a94a0"
COLOURS = {"ensemble": WATER, "persistence": WARM, "uncorrected": "#6b5d4f"}
_STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "xtick.color": "#5b6673",
    "ytick.color": "#5b6673",
    "legend.frameon": False,
    "lines.linewidth": 1.4,
}
MOST_PLACES = 30


def reliability(diagram):
    """Observed frequency beside forecast probability, with intervals and how many cases."""
    rows = diagram["reliability"]

    def draw(figure):
        curve, count = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        forecast = [row["forecast"] for row in rows]
        observed = [row["observed"] for row in rows]
        below = [row["observed"] - row["low"] for row in rows]
        above = [row["high"] - row["observed"] for row in rows]
        base = diagram["events"] / diagram["cases"]
        curve.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8)
        curve.axhline(base, color=SOFT, linestyle=":", linewidth=0.8)
        curve.errorbar(forecast, observed, (below, above), color=WATER, marker="o", capsize=2)
        curve.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), ylabel="observed frequency")
        count.bar(forecast, [row["cases"] for row in rows], width=0.05, color=WATER)
        count.set_yscale("log")
        count.set(xlabel="forecast probability", ylabel="cases")

    return _picture(draw, (4.2, 4.0))


def roc(diagram):
    """Hit rate beside false alarm rate for every probability from which one might warn."""
    points = diagram["roc"]

    def draw(figure):
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8)
        rates = [[point[name] for point in points] for name in ("false_alarm_rate", "hit_rate")]
        axes.plot(*rates, color=WATER, marker="o", markersize=3)
        axes.set(xlabel="false alarm rate", ylabel="hit rate", aspect="equal")

    return _picture(draw, (4.2, 4.0))


def by_horizon(rows, label):
    """A score of each forecast over the horizons, with its intervals."""

    def draw(figure):
        axes = figure.subplots()
        horizons = list(dict.fromkeys(row["horizon"] for row in rows))
        names = list(dict.fromkeys(row["forecast"] for row in rows))
        for number, name in enumerate(names):
            mine = [row for row in rows if row["forecast"] == name and row["value"] is not None]
            x = [horizons.index(row["horizon"]) + 0.08 * number for row in mine]
            y = [row["value"] for row in mine]
            low = [_distance(row["value"], row["low"]) for row in mine]
            high = [_distance(row["high"], row["value"]) for row in mine]
            colour = COLOURS.get(name, INK)
            axes.errorbar(x, y, (low, high), color=colour, marker="o", capsize=2, label=name)
        axes.set_xticks(range(len(horizons)), horizons)
        axes.set_xlim(-0.5, len(horizons) - 0.3)
        axes.set_ylabel(label)
        axes.legend()

    return _picture(draw, (5.2, 2.9))


def lead_times(places):
    """Mean lead of each place that was flooded; a cross where no warning came in time."""

    def draw(figure):
        axes = figure.subplots()
        # a dollar would begin a formula
        names = [(place["name"] or place["place"]).replace("$", r"\$") for place in places]
        warned = [place["lead_time_minutes"] or 0.0 for place in places]
        axes.barh(names, warned, color=WATER)
        missed = [n for n, place in enumerate(places) if place["lead_time_minutes"] is None]
        axes.plot([0] * len(missed), missed, linestyle="", marker="x", color=WARM)
        axes.invert_yaxis()
        axes.set_xlabel("lead time achieved [min]")

    return _picture(draw, (5.2, 1.0 + 0.22 * len(places)))


def _distance(upper, lower):
    return 0.0 if upper is None or lower is None else max(upper - lower, 0.0)


def _picture(draw, size):
    """A drawing as a data address for an ``img``."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()
