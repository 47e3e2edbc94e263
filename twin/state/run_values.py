"""What a run says of one object: depth, chance, arrival, hazard, people, damage, passability."""

import numpy as np

from twin.exposure import THRESHOLDS
from twin.hazard import ARR_MEANINGS, UNKNOWN
from twin.roads.passability import VEHICLES, is_passable, safe_speed
from twin.state.run_objects import PROBABLE_DEPTH, WET
from twin.state.values import run_value, spread_confidence

ONE_RUN = "one run of assumed rain: nothing is known of its spread"
OF_SPREAD = "agreement of the members on the depth"


def run_values(found, run, moment):
    """Values of one object in a run.

    Parameters
    ----------
    found : twin.state.object_classes.FoundObject
        No district; see `twin.state.districts`.
    run : twin.state.run_objects.RunObjects
        The run.
    moment : datetime-like
        For which moment depths are asked, UTC.

    Returns
    -------
    list of twin.state.values.Value
        What is not known is there too, with its reason.
    """
    if run.mismatch:
        return [run_value(run, "water_depth", "m", reason=run.mismatch)]
    values = [depth_now(run, found.layer, found.row, moment)]
    values += depth_over_run(run, found.layer, found.row)
    if found.kind == "building":
        values += _building_values(found, run)
    if found.kind in ("road", "underpass"):
        values += _road_values(found, run, values[0])
    if found.kind == "drain":
        values.append(
            run_value(run, "water_level", "m", reason="runs keep no water level inside drains")
        )
    return values


def depth_now(run, layer, row, moment):
    """Depth at an object at a moment, or why the run has none."""
    step = run.water.step_at(np.datetime64(moment, "s"))
    times = run.water.times
    if step is None:
        return run_value(
            run, "water_depth", "m", reason=f"the run covers {times[0]}Z to {times[-1]}Z"
        )
    depth = run.depth_at(layer, row, step)
    if not np.isfinite(depth):
        return run_value(run, "water_depth", "m", time=f"{times[step]}Z", reason=_unknown(layer))
    return run_value(
        run,
        "water_depth",
        "m",
        value=depth,
        time=f"{times[step]}Z",
        confidence_by="the member nearest to the median" if run.water.is_forecast else ONE_RUN,
        confidence=_sureness(run, layer, row),
    )


def depth_over_run(run, layer, row):
    """Largest depth, its chance, when the water comes and its hazard, over the whole run."""
    largest, times = float(run.largest(layer)[row]), run.water.times
    if not np.isfinite(largest):
        return [run_value(run, "max_depth", "m", reason=_unknown(layer))]
    spread = run.quantiles(layer)
    low, high = (None, None) if spread is None else (float(spread[0, row]), float(spread[2, row]))
    course = run.course(layer, row)
    values = [
        run_value(
            run,
            "max_depth",
            "m",
            value=largest,
            p10=low,
            p90=high,
            time=f"{times[int(np.nanargmax(course))]}Z",
            confidence=_sureness(run, layer, row),
            confidence_by=OF_SPREAD if run.water.is_forecast else ONE_RUN,
        )
    ]
    chance = run.probability(layer)
    if run.water.is_forecast:
        values.append(
            run_value(
                run,
                "probability",
                "1",
                value=None if chance is None else float(chance[row]),
                meaning=f"of more than {PROBABLE_DEPTH} m",
                reason="the run keeps no probabilities" if chance is None else None,
            )
        )
    arrival = float(run.arrival(layer)[row])
    values.append(
        run_value(
            run,
            "arrival",
            "s",
            value=arrival,
            time=f"{times[0] + np.timedelta64(int(arrival), 's')}Z" if arrival >= 0 else None,
            meaning=f"after the start of the run, first deeper than {WET} m",
            reason=None if arrival >= 0 else f"never deeper than {WET} m in this run",
        )
    )
    return [*values, _hazard_value(run, layer, row)]


def _hazard_value(run, layer, row):
    classes = run.hazard(layer)
    if classes is None or classes[row] == UNKNOWN:
        reason = "the run keeps no speed" if classes is None else "no speed is known here"
        return run_value(run, "hazard_class", "AR&R", reason=reason)
    number = int(classes[row])
    return run_value(run, "hazard_class", "AR&R", value=number, meaning=ARR_MEANINGS[number])


def _building_values(found, run):
    """People in the water, and what it costs."""
    largest, spread = run.largest(found.layer), run.quantiles(found.layer)
    if not np.isfinite(largest[found.row]):
        return [run_value(run, "people_exposed", "people", reason=_unknown(found.layer))]
    people = found.attributes.get("occupants")
    values = []
    if not isinstance(people, int | float):
        reason = "nobody says how many people are in it"
        values.append(run_value(run, "people_exposed", "people", reason=reason))
    else:
        more = {"meaning": f"people in it if the water is deeper than {THRESHOLDS[0]} m"}
        if spread is not None:
            low, high = (people if spread[q, found.row] > THRESHOLDS[0] else 0 for q in (0, 2))
            more |= {"p10": low, "p90": high}
        count = people if largest[found.row] > THRESHOLDS[0] else 0
        values.append(run_value(run, "people_exposed", "people", value=count, **more))
    return [*values, *_cost(run, found.row)]


def _cost(run, row):
    """Share of its value that a building loses, and the loss, each with its range."""
    cost = run.damage
    low, degree, high = (float(value) for value in cost.degrees[:, row])
    spread = "range: curves of all continents over the range of depths"
    words = f"share of its value lost; curve: {cost.source}; {spread}"
    share = run_value(run, "damage_degree", "1", value=degree, p10=low, p90=high, meaning=words)
    low, loss, high = (float(value) for value in cost.losses[:, row])
    if not np.isfinite(loss):
        reason = "nobody says what it is worth"
        return [share, run_value(run, "damage", cost.unit, reason=reason)]
    words = f"{cost.what.split(';')[0]}; curve: {cost.source}; {spread}"
    return [
        share,
        run_value(run, "damage", cost.unit, value=loss, p10=low, p90=high, meaning=words),
    ]


def _road_values(found, run, now):
    """Who gets through, and how fast a car may go."""
    if run.objects.is_bridge[found.row]:
        reason = "a bridge: the water of the model runs under it"
        return [run_value(run, "passable", "", value=True, meaning=reason)]
    if now.value is None:
        return [run_value(run, "passable", "", time=now.time, reason=now.reason)]
    values = []
    for name, vehicle in VEHICLES.items():
        passable = bool(is_passable(now.value, vehicle))
        values.append(
            run_value(
                run,
                f"passable_{name}",
                "",
                value=passable,
                time=now.time,
                meaning=f"limit {vehicle.limit:g} m",
            )
        )
    speed = float(safe_speed(now.value, np.inf, VEHICLES["car"])) * 3.6
    return [*values, run_value(run, "safe_speed_car", "km/h", value=speed, time=now.time)]


def _sureness(run, layer, row):
    spread = run.quantiles(layer)
    return None if spread is None else spread_confidence(*spread[:, row].astype(float))


def _unknown(layer):
    if layer == "buildings":
        return "the model has no ground around it"
    return "the model has no dry ground under it: open water, a bridge, or outside of the city"
