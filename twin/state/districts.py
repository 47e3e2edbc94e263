"""What a run says of a district: people in the water, buildings, how severe."""

import numpy as np
import pandas as pd

from twin.exposure import THRESHOLDS
from twin.state.values import run_value


def district_values(found, run, moment):
    """Values of one district.

    Parameters
    ----------
    found : twin.state.object_classes.FoundObject
        The district.
    run : twin.state.run_objects.RunObjects
    moment : datetime-like
        For which moment people are counted, UTC.

    Returns
    -------
    list of twin.state.values.Value
    """
    if run.mismatch:
        return [run_value(run, "people_exposed", "people", reason=run.mismatch)]
    buildings = run.objects.layer("buildings")
    if buildings is None:
        return [run_value(run, "people_exposed", "people", reason="the city has no buildings")]
    is_here = run.objects.home_district("buildings") == found.row
    values, times = [], run.water.times
    step = run.water.step_at(np.datetime64(moment, "s"))
    depths = run.largest("buildings")[is_here]
    values += _counts(run, buildings[is_here], depths, "over_run", None)
    if step is not None:
        depths = run.series("buildings")[step][is_here]
        values += _counts(run, buildings[is_here], depths, "now", f"{times[step]}Z")
    return [*values, _damage(run, is_here), _severity(found, run)]


def _counts(run, buildings, depths, when, time):
    flooded = int((np.nan_to_num(depths) > THRESHOLDS[0]).sum())
    values = [
        run_value(
            run,
            f"buildings_flooded_{when}",
            "buildings",
            value=flooded,
            time=time,
            meaning=f"deeper than {THRESHOLDS[0]} m",
        )
    ]
    if "occupants" not in buildings:
        reason = "the buildings of this city carry no people"
        return [*values, run_value(run, f"people_exposed_{when}", "people", reason=reason)]
    people = pd.to_numeric(buildings["occupants"], errors="coerce").to_numpy(float)
    if people.size and np.isnan(people).all():
        reason = "nobody says how many people are in the buildings here"
        return [*values, run_value(run, f"people_exposed_{when}", "people", reason=reason)]
    people = np.nan_to_num(people)
    for threshold in THRESHOLDS:
        count = float(people[np.nan_to_num(depths) > threshold].sum())
        values.append(
            run_value(
                run,
                f"people_exposed_{when}",
                "people",
                value=count,
                time=time,
                meaning=f"deeper than {threshold} m",
            )
        )
    return values


def _damage(run, is_here):
    """Loss of all buildings of the district, with its range."""
    cost = run.damage
    low, loss, high = (float(value) for value in cost.total(is_here))
    words = f"{cost.what}; curve: {cost.source}"
    return run_value(
        run, "damage_over_run", cost.unit, value=loss, p10=low, p90=high, meaning=words
    )


def district_row(water, found):
    """What the table of a run says of a district, a dict; None where it has no row of it.

    Names may repeat: then the row of the layer decides, which older runs do not tell.
    """
    rows = [row for row in water.table("districts.json") or [] if row["district"] == found.name]
    if len(rows) > 1:
        rows = [row for row in rows if row.get("row") == found.row]
    return rows[0] if rows else None


def _severity(found, run):
    row = district_row(run.water, found)
    if row is None:
        return run_value(run, "severity", "0-3", reason="the run ranks no such district")
    return run_value(
        run,
        "severity",
        "0-3",
        value=row.get("severity"),
        meaning=row.get("level"),
        time=row.get("first_time"),
    )
