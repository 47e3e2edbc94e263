"""What a run of one storm was computed with: rain, losses, edges, drains and infiltration."""

MODELS = ("constant", "horton", "green_ampt", "curve_number")
"""Models of infiltration, by their numbers in `hydrology.solver.infiltration`."""


def conditions_of(job):
    """What a run is computed with, for its manifest.

    Parameters
    ----------
    job : service.jobs.Job

    Returns
    -------
    dict
        ``rain`` (its name; "of the case", or None without rain), ``losses`` (as asked for, or
        None), ``edges``, ``drains_mm_h`` (most that drains and losses take on a cell, None where
        they take nothing), ``infiltration`` (the model, None where the ground takes nothing) and
        ``infiltration_mm_h`` (most of a constant rate, else None).
    """
    case = job.case
    terrain = case.terrain
    rain = _input(job, "rain ") or (None if case.rainfall is None else "of the case")
    rate = _most(terrain, "infiltration_rate")
    model = "constant" if rate else None
    if case.infiltration is not None:
        model, rate = MODELS[case.infiltration.model], None
    return {
        "rain": rain,
        "losses": _input(job, "losses "),
        "edges": case.settings.edges or terrain.attrs.get("edges", "closed"),
        "drains_mm_h": _most(terrain, "drain_capacity"),
        "infiltration": model,
        "infiltration_mm_h": rate,
    }


def conditions_told(conditions):
    """The same in one line for people.

    Examples
    --------
    >>> conditions_told({"rain": "design:60mm/1h", "losses": None, "edges": "free",
    ...                  "drains_mm_h": 57.0, "infiltration": None, "infiltration_mm_h": None})
    'rain design:60mm/1h, losses none, edges free, drains up to 57 mm/h, infiltration none'
    """
    drains, rate = (_rate(conditions[key]) for key in ("drains_mm_h", "infiltration_mm_h"))
    model = conditions["infiltration"]
    soaks = rate if rate or not model else model.replace("_", " ")
    told = {
        "rain": _with_unit(conditions["rain"]),
        "losses": _with_unit(conditions["losses"]),
        "edges": conditions["edges"],
        "drains": drains,
        "infiltration": soaks,
    }
    return ", ".join(f"{name} {words or 'none'}" for name, words in told.items())


def _input(job, prefix):
    """Name of an input whose entry begins so, without that; None where there is none."""
    names = [entry["name"] for entry in job.inputs if entry["name"].startswith(prefix)]
    return names[0].removeprefix(prefix) if job.city is not None and names else None


def _most(terrain, name):
    """Largest rate of a field [mm/h]; None where it is 0 everywhere or not there."""
    if name not in terrain:
        return None
    most = float(terrain[name].max())  # NaN outside of the city does not count
    return round(3.6e6 * most, 2) if most > 0 else None


def _rate(most):
    return most and f"up to {most:g} mm/h"


def _with_unit(text):
    """A plain rate has its unit left out where it is asked for."""
    try:
        return text and f"{float(text):g} mm/h"
    except ValueError:
        return text
