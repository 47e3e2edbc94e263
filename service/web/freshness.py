"""How old a run is at this moment, and whether it still says something about now."""

from datetime import UTC, datetime, timedelta

from service.utc import iso
from twin.errors import DeviceError

CYCLE_SECONDS = 600.0
STALE_AFTER_SECONDS = 2 * CYCLE_SECONDS
OLD = "older than two cycles of ten minutes"
_CLOCKS_DIFFER_SECONDS = 60.0


def age_seconds(manifest, now=None):
    """Seconds since the issue time of a forecast, or since a scenario was made.

    Parameters
    ----------
    manifest : dict
        Of a run.
    now : datetime.datetime, optional
        Aware; default the clock of this machine. A scenario was made at a real time, so its age
        is always counted by the clock of this machine.
    """
    if manifest["kind"] != "forecast":
        return _since(manifest["created"], datetime.now(UTC))
    return _since(manifest.get("issue_time") or manifest["created"], now or datetime.now(UTC))


def freshness(manifest, now=None):
    """State of a run in one word.

    Returns
    -------
    str
        ``"scenario"`` (no statement about now), ``"fresh"``, ``"stale"`` (a forecast older than
        two cycles of ten minutes) or ``"ahead"`` (issued after `now`).

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> run = {"kind": "forecast", "issue_time": "2026-11-20T12:00:00Z"}
    >>> freshness(run, datetime(2026, 11, 20, 12, 21, tzinfo=timezone.utc))
    'stale'
    """
    if manifest["kind"] != "forecast":
        return "scenario"
    age = age_seconds(manifest, now)
    if age > STALE_AFTER_SECONDS:
        return "stale"
    return "ahead" if age < -_CLOCKS_DIFFER_SECONDS else "fresh"


def standing(manifest, clock):
    """How a run stands by the clock of the service, as `service.web.models.RunSummary` says it.

    Parameters
    ----------
    manifest : dict
        Of a run.
    clock : service.web.clock.Clock
        Of the service.

    Returns
    -------
    dict
        ``age_seconds``, ``freshness``, ``stale``, and ``exercise`` and ``clock``: a run is an
        exercise when it was made as one or when the clock is set.
    """
    now = clock.now()
    state = freshness(manifest, now)
    return {
        "age_seconds": age_seconds(manifest, now),
        "freshness": state,
        "stale": state == "stale",
        **marked(manifest, clock),
    }


def holding(run, clock):
    """How a run stands by the clock and by the cycles after it, as the API says it.

    Parameters
    ----------
    run : service.runs.Run
    clock : service.web.clock.Clock
        Of the service.

    Returns
    -------
    dict
        As `standing`, and ``stale_reason`` (None where it is not stale): a forecast is stale too
        when a later cycle found no inputs.
    """
    state = standing(run.manifest, clock)
    reason = shortfall(run, clock.now(), clock.is_set) or (OLD if state["stale"] else None)
    if reason and state["freshness"] == "fresh":
        state |= {"freshness": "stale", "stale": True}
    return {**state, "stale_reason": reason if state["stale"] else None}


def shortfall(run, now, is_exercise=False):
    """Why the cycles after a forecast brought no newer one, where they had no inputs.

    Parameters
    ----------
    run : service.runs.Run
    now : datetime.datetime
        Aware; what ran as of a later time says nothing of now.
    is_exercise : bool
        Whether the clock is set; an exercise says nothing of the real world, so it counts only
        then, or for the run of an exercise.

    Returns
    -------
    str
        One line; empty where the newest cycle that ran since had inputs, or there was none.
    """
    from service.cycle.states import NO_INPUTS
    from service.cycle.store import CycleStore

    if run.manifest["kind"] != "forecast":
        return ""
    until = iso(now + timedelta(seconds=_CLOCKS_DIFFER_SECONDS))
    exercises = is_exercise or bool(run.manifest.get("exercise"))
    try:
        last = CycleStore(run.folder.parent).newest_final(until, exercises)
    except DeviceError as error:
        return str(error)
    issued = run.manifest.get("issue_time") or ""
    if last is None or last.cause != NO_INPUTS or last.reference_time <= issued:
        return ""
    return f"the cycle of {last.reference_time} had no inputs: {last.reason}"


def marked(manifest, clock):
    """Whether what belongs to a run is an exercise, and what a set clock reads."""
    mark = clock.mark()
    return {**mark, "exercise": mark["exercise"] or bool(manifest.get("exercise"))}


def _since(time, now):
    instant = datetime.fromisoformat(time)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (now - instant).total_seconds()
