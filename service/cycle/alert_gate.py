"""Whether a forecast may become a draft of an alert."""

from service.run_pointers import CURRENT
from service.runs import RunStore
from service.utc import as_utc
from service.web.freshness import freshness, shortfall
from twin.errors import MissingError

LEAST_MEMBERS = 0.5
"""Share of the members that must have come through."""

LEAST_GAUGES = 0.25
"""Share of the rain gauges that must have reported in the last hour, where no radar did."""

OLDEST_RAIN_MINUTES = 30.0
"""Age of the newest rain at the issue time."""

BY_GAUGES = ("kriging", "inverse distance", "nearest")
BY_RADAR = ("radar", "mean field bias", "conditional merging", "kriging with external drift")
"""Ways in which observations make a field of rain; all others stand in for them."""

_EXERCISE = "it is an exercise"


def alert_standing(run, clock):
    """What the gate says of a run, as the API and the command line carry it.

    Parameters
    ----------
    run : service.runs.Run or None
        None: no forecast was ever published.
    clock : service.web.clock.Clock
        Of the service; where it is set all is an exercise.

    Returns
    -------
    dict
        ``may_draft``, and ``reason``: all that is against it in one line, None where nothing is.
    """
    if run is None:
        reasons = ("no forecast was ever published",)
    else:
        reasons = reasons_against(run, clock.now())
        if clock.is_set and _EXERCISE not in reasons:
            reasons = (_EXERCISE, *reasons)
    return {"may_draft": not reasons, "reason": "; ".join(reasons) or None}


def may_draft_alerts(run, now):
    """Whether an alert may be drafted from a forecast.

    Parameters
    ----------
    run : service.runs.Run
    now : datetime.datetime
        Aware.

    Returns
    -------
    bool
        True where `reasons_against` finds none.
    """
    return not reasons_against(run, now)


def reasons_against(run, now):
    """Why no alert may be drafted from a run.

    Parameters
    ----------
    run : service.runs.Run
    now : datetime.datetime
        Aware.

    Returns
    -------
    tuple of str
        One line each; empty where an alert may be drafted.

    Notes
    -----
    The rule: the run is a published forecast of the real world, not older than two cycles and not
    from the future; no later cycle ended blind, for want of rain; it is the current one; half of
    its members or more came through; its newest rain was at most 30 minutes old when it was issued
    and was observed, by radar or by at least a quarter of the gauges.
    """
    manifest = run.manifest
    if manifest.get("kind") != "forecast":
        return ("it is no forecast",)
    if manifest.get("status") != "complete":
        return ("it was not published",)
    return (*_about_time(run, now), *_about_members(manifest), *_about_rain(manifest))


def _about_time(run, now):
    if run.manifest.get("exercise"):
        yield _EXERCISE
    state = freshness(run.manifest, now)
    if state != "fresh":
        yield f"it is {state}"
    reason = shortfall(run, now)
    if reason:
        yield reason
    other = _held_by(run)
    if other:
        yield f"forecast {other} holds instead"


def _held_by(run):
    """Id of the forecast that holds instead of a run, None where it holds itself."""
    try:
        current = RunStore(run.folder.parent).open(CURRENT).run_id
    except MissingError:
        return None
    return None if current == run.run_id else current


def _about_members(manifest):
    used, asked = manifest.get("members_used"), manifest.get("members_requested")
    if not used or not asked:
        yield "it does not say how many members came through"
    elif used < LEAST_MEMBERS * asked:
        yield f"{used} of {asked} members came through, expected at least half"


def _about_rain(manifest):
    inputs = manifest.get("inputs", ())
    newest = next((i.get("newest_time") for i in inputs if i.get("name") == "readings"), None)
    if newest is None:
        yield "it does not say how new its rain is"
        return
    age = (as_utc(manifest["issue_time"]) - as_utc(newest)).total_seconds() / 60
    if age > OLDEST_RAIN_MINUTES:
        yield f"its newest rain was {age:.0f} minutes old, expected at most 30"
    methods = manifest.get("settings", {}).get("rain", {}).get("last_hour", [])
    heard, count = manifest.get("sensors_heard", {}).get("gauges", (0, 0))
    newest_method = methods[-1] if methods else "not known how"
    if newest_method not in (*BY_GAUGES, *BY_RADAR):
        yield f"its newest rain was not observed ({newest_method})"
    if newest_method not in BY_RADAR and heard < LEAST_GAUGES * count:
        yield f"{heard} of {count} rain gauges reported, expected at least a quarter"
