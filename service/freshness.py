"""How old a run is at this moment, and whether it still says something about now."""

from datetime import UTC, datetime

CYCLE_SECONDS = 600.0
STALE_AFTER_SECONDS = 2 * CYCLE_SECONDS
_CLOCKS_DIFFER_SECONDS = 60.0


def age_seconds(manifest, now=None):
    """Seconds since the issue time of a run (of a scenario: since it was made).

    Parameters
    ----------
    manifest : dict
        Of a run.
    now : datetime.datetime, optional
        Aware; default the clock of this machine.
    """
    issued = manifest.get("issue_time") if manifest["kind"] == "forecast" else None
    instant = datetime.fromisoformat(issued or manifest["created"])
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return ((now or datetime.now(UTC)) - instant).total_seconds()


def freshness(manifest, now=None):
    """State of a run in one word.

    Returns
    -------
    str
        ``"scenario"`` (no statement about now), ``"fresh"``, ``"stale"`` (a forecast older than
        two cycles of ten minutes) or ``"ahead"`` (issued after the clock of this machine).

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
