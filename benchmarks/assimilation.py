"""Does hearing the sensors help? One ensemble with and without them, against a hidden truth."""

import time
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.hidden_truth import make_truth
from hydrology.forecast.forecast import Cycle, forecast
from hydrology.forecast.hotspots import DEEP
from hydrology.forecast.known_spots import spot_cells
from hydrology.rainfall.ensemble import persist
from hydrology.scores.contingency import (
    count_outcomes,
    critical_success_index,
    false_alarm_ratio,
    hit_rate,
)
from hydrology.scores.probabilistic import crps
from hydrology.solver.settings import Settings

ISSUE_MINUTES = (50, 70, 90, 110)
"""Issue times of the experiment, after the begin of the storm [min]; it peaks at 80."""

SEEDS = (21, 22, 23)
"""Hidden truths that nothing was tuned on. Spreads and reaches were tried on seeds 1 and 2; seeds
11 and 12 showed that a sensor flagged again and again must be silent."""

LEAD_HOURS = 1.0

OBSERVED_WITHIN = 30.0
"""A spot with a level or depth sensor nearer than this is observed and does not count [m]."""

PROBABILITIES = (0.3, 0.5, 0.7)
"""Probabilities from which a spot counts as warned of; the one in the middle is judged."""

BOUNDS = {"crps_cut": 0.2, "hit_rate": 0.8, "false_alarm_ratio": 0.3}

PERSISTENCE = "persistence"
MEMORY_HOURS = {PERSISTENCE: 6.0, "numerical": 0.0}
"""Rain ahead -> how long it goes on to need the factor of the observed rain [h]."""

ENSEMBLES = {"corrected": True, "uncorrected": False}


def bench_assimilation(
    city,
    boundaries_of,
    *,
    seeds=SEEDS,
    errors="hidden",
    rain="persistence",
    members=20,
    minutes=ISSUE_MINUTES,
    progress=None,
):
    """Compare the corrected with the uncorrected ensemble.

    Parameters
    ----------
    city : benchmarks.hidden_truth.BenchCity
    boundaries_of : callable
        ``boundaries_of(start, storm)`` -> inflows and stages; None as `storm` gives the
        steady values, which is all that the forecast knows.
    seeds : sequence of int
        Of the hidden errors, of the archive's faults and of the ensemble.
    errors : str
        "none" or "hidden", see `benchmarks.hidden_truth.make_truth`.
    rain : str
        Rain ahead: "persistence" of the gauges, or "numerical", a forecast of the storm with
        errors, see `benchmarks.hidden_truth.Truth.numerical_forecast`.
    members : int
        Of both ensembles.
    minutes : sequence of float
        Issue times after the begin of the storm [min].
    progress : callable, optional
        Called with a line of text.

    Returns
    -------
    dict
        ``cell_size_m``, ``errors``, ``rain``, ``members``, ``rows`` (one for each seed and issue
        time) and what `summarise` gives.
    """
    cases, rows = [], []
    with TemporaryDirectory(prefix="floodtwin-bench-") as folder:
        for seed in seeds:
            truth = make_truth(city, boundaries_of, seed, errors, folder)
            analyses = dict.fromkeys(ENSEMBLES)
            for minute in minutes:
                issue = truth.start + np.timedelta64(round(60 * minute), "s")
                options = {"seed": seed, "members": members}
                options["boundaries"] = boundaries_of(issue, None)
                results, seconds = _both(city, truth, issue, analyses, rain, options)
                cases.append(_cases(city, truth, results))
                row = {"seed": seed, "minute": minute, "truth": truth.about, "seconds": seconds}
                row |= summarise(cases[-1:]) | _reports(results["corrected"])
                rows.append(row)
                if progress is not None:
                    what = f"errors {errors}, rain {rain}, seed {seed}, {minute:g} min"
                    progress(f"{what}: {row['crps_m']}")
    return {
        "cell_size_m": city.grid.cell_size,
        "errors": errors,
        "rain": rain,
        "members": members,
        **summarise(cases),
        "rows": rows,
    }


def _both(city, truth, issue, analyses, rain, options):
    """Both ensembles from one issue time, each from its own last analysis, and their seconds."""
    sensors, readings = city.layer("sensors"), truth.readings(issue)
    results, seconds = {}, {}
    for name, assimilates in ENSEMBLES.items():
        cycle = Cycle(
            analysis=analyses[name],
            sensors=sensors,
            assimilates=assimilates,
            spots=city.layer("flood_spots"),
            rain_memory_hours=MEMORY_HOURS[rain],
        )
        numerical = truth.numerical_forecast(issue, options["seed"])
        began = time.perf_counter()
        results[name] = forecast(
            city.terrain,
            sensors[sensors["kind"] == "rain_gauge"],
            readings,
            issue_time=issue,
            hours=LEAD_HOURS,
            settings=Settings(wet_depth=DEEP),
            future_rain=persist if rain == PERSISTENCE else numerical,
            cycle=cycle,
            **options,
        )
        analyses[name] = results[name].analysis
        seconds[name] = round(time.perf_counter() - began, 1)
    return results, seconds


def _cases(city, truth, results):
    """What both ensembles and the truth say of all known spots, arrays over the spots."""
    spots, sensors = city.layer("flood_spots"), city.layer("sensors")
    eyes = sensors[sensors["kind"].isin(["road_flood", "sewer_level"])]
    away = np.array([eyes.distance(point).min() for point in spots.geometry])
    cells = spot_cells(city.terrain, spots.geometry)
    times = next(iter(results.values())).points["time"].values
    true = truth.depth_at(cells, times)
    found = {
        "is_observed": away < OBSERVED_WITHIN,
        "is_flooded": true.max(axis=0) > DEEP,
        "was_flooded": true[0] > DEEP,
    }
    for name, result in results.items():
        is_spot = result.points["kind"].values == "flood_spot"
        depth = result.points["water_depth"].values[:, :, is_spot]  # (member, time, spot)
        ahead = np.moveaxis(depth[:, 1:], 0, -1)
        scores = crps(ahead.reshape(-1, len(depth)), true[1:].ravel()).reshape(ahead.shape[:2])
        found[f"crps {name}"] = scores.mean(axis=0)
        found[f"probability {name}"] = (depth.max(axis=1) > DEEP).mean(axis=0)
    return found


def summarise(cases):
    """Scores over cases.

    Parameters
    ----------
    cases : sequence of dict
        As `_cases` gives them.

    Returns
    -------
    dict
        ``spots`` (unobserved, all seeds and issue times), ``crps_m`` of each ensemble and
        ``crps_cut`` at unobserved spots; ``hotspots`` of each ensemble: at all spots and at
        those that were not yet flooded at the issue time, hit rate, false-alarm ratio and CSI by
        probability; ``persistence``: that what is flooded stays so.
    """
    all_of = {name: np.concatenate([case[name] for case in cases]) for name in cases[0]}
    unseen = ~all_of["is_observed"]
    mean = {name: float(all_of[f"crps {name}"][unseen].mean()) for name in ENSEMBLES}
    return {
        "spots": int(unseen.sum()),
        "crps_m": {name: round(value, 4) for name, value in mean.items()},
        "crps_cut": round(1.0 - mean["corrected"] / mean["uncorrected"], 3),
        "hotspots": {name: _hotspots(all_of, name) for name in ENSEMBLES},
        "persistence": _scores(all_of["was_flooded"], all_of["is_flooded"]),
    }


def _hotspots(all_of, name):
    new = ~all_of["was_flooded"]
    result = {}
    for chance in PROBABILITIES:
        warned = all_of[f"probability {name}"] >= chance
        result[str(chance)] = {
            "all": _scores(warned, all_of["is_flooded"]),
            "new": _scores(warned[new], all_of["is_flooded"][new]),
        }
    return result


def _scores(warned, flooded):
    counts = count_outcomes(warned, flooded).sum(axis=0)
    measures = {
        "hit_rate": hit_rate(counts),
        "false_alarm_ratio": false_alarm_ratio(counts),
        "csi": critical_success_index(counts),
    }
    rounded = {name: _rounded(value) for name, value in measures.items()}
    return {"flooded": int(np.sum(flooded)), "warned": int(np.sum(warned)), **rounded}


def _rounded(value):
    return round(float(value), 3) if np.isfinite(value) else None


def _reports(result):
    """What the sensors did in the cycle."""
    reports = result.analysis.reports
    return {
        "rejected": [line for report in reports for line in report["rejected"]],
        "added_m3": round(sum(np.mean(report["added_m3"]) for report in reports), 1),
        "removed_m3": round(sum(np.mean(report["removed_m3"]) for report in reports), 1),
        "factors": reports[-1]["factors"] if reports else {},
    }
