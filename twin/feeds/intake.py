"""What happens to one payload: kept, parsed, stored, and its feed's health noted."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from twin.errors import DeviceError, InputError, TwinError
from twin.feeds.address import AddressError
from twin.feeds.health import EMPTY, HealthBook, newest_by_station
from twin.feeds.judging import judge_hours
from twin.feeds.raw_store import RawStore
from twin.feeds.registry import adapter_fault
from twin.feeds.unjudged import Unjudged, hours_of, not_judged

NEW, UNCHANGED, FAILED, RESTING, WAITING = "new", "unchanged", "failed", "resting", "waiting"
UNJUDGED = "unjudged"
"""How it ended: with news; nothing changed; no usable answer; not asked, as it failed too often;
kept, but not stored because the store cannot be written; stored, but quality control failed."""

REFUSED_BY_STORE = "refused by the store"
"""Reason of a reading that the source's contract lets pass and the store does not."""

_log = logging.getLogger("floodtwin.feeds")


class Desk:
    """Where all that comes in goes: raw payloads, health and readings.

    Parameters
    ----------
    folder : path
        Of raw payloads, health and what quality control has still to judge.
    store : twin.observations.store.ObservationStore
        Of readings.
    """

    def __init__(self, folder, store):
        self.raw = RawStore(folder)
        self.health = HealthBook(folder)
        self.unjudged = Unjudged(folder)
        self.store = store


@dataclass
class Intake:
    """What came of one poll, of a backlog or of a replay.

    Attributes
    ----------
    source : str
        Name of the source.
    outcome : str
        One of `NEW`, `UNCHANGED`, `FAILED`, `RESTING`, `WAITING`, `UNJUDGED`.
    reason : str
        Why it failed, waits or is not judged, in one line.
    payloads : int
        Answers, pages, files or messages that came.
    read, kept, duplicate, flagged, rejected : int
        Readings in them.
    reasons : dict
        Why how many were rejected: ``reason -> rows``.
    newest : dict
        ``station -> newest time`` of usable values.
    is_empty, has_drift, is_unreadable : bool
        Whether all payloads had nothing to say; whether any had names that are not known; whether
        it failed at what came, and not for want of an answer.
    """

    source: str
    outcome: str = UNCHANGED
    reason: str = ""
    payloads: int = 0
    read: int = 0
    kept: int = 0
    duplicate: int = 0
    flagged: int = 0
    rejected: int = 0
    reasons: dict = field(default_factory=dict)
    newest: dict = field(default_factory=dict, repr=False)
    is_empty: bool = True
    has_drift: bool = False
    is_unreadable: bool = False

    def fail(self, error, outcome=FAILED):
        """Note why it failed or waits; gives itself back."""
        is_there = self.payloads > 0 or not isinstance(error, AddressError)
        self.is_unreadable = isinstance(error, InputError) and is_there
        self.outcome, self.reason = outcome, " ".join(str(error).split())
        _log.warning("feed %s %s: %s", self.source, outcome, self.reason)
        return self


def take(adapter, desk, content, received, url=""):
    """Take one payload that came by itself, such as a message of a broker.

    Parameters
    ----------
    adapter : twin.feeds.source.Adapter
        Of the source.
    desk : Desk
        Where to put it.
    content : bytes
        As it came.
    received : pandas.Timestamp
        When it came, with a zone.
    url : str
        From where, without a key.

    Returns
    -------
    Intake

    Raises
    ------
    DeviceError
        The payload itself cannot be kept.
    """
    intake = Intake(adapter.spec.name)
    try:
        take_into(intake, adapter, desk, content, received, url)
    except InputError as error:
        intake.fail(error)
    note_answer(intake, desk, received)
    return intake


def take_into(intake, adapter, desk, content, received, url):
    """Keep, parse and store one payload, counted in an `Intake` that may have more of them.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        It cannot be parsed; it is a dead letter now.
    DeviceError
        It cannot be kept. (Where only the store cannot be written, the payload waits.)
    """
    try:
        is_new = not desk.raw.knows(intake.source, content)
        digest, receipt = desk.raw.spool(intake.source, content, received, url)
    except InputError as error:  # of files of ours: what came is good, and must come again
        raise DeviceError(str(error)) from error
    parsed = _settle(intake, adapter, desk, (receipt, received, digest, content))
    if is_new and intake.outcome == UNCHANGED:
        intake.outcome = NEW
    return parsed


def catch_up(adapter, desk, most=20):
    """Store what was kept while the store could not be written, oldest first.

    Parameters
    ----------
    adapter : twin.feeds.source.Adapter
        Of the source.
    desk : Desk
        With the payloads that wait.
    most : int
        Payloads in one call, so that a long backlog does not hold up what comes live.

    Returns
    -------
    Intake
        With `WAITING` where the store still cannot be written.
    """
    intake = Intake(adapter.spec.name)
    for payload in desk.raw.pending(adapter.spec.name, most):
        try:
            _settle(intake, adapter, desk, payload, is_late=True)
        except InputError as error:
            intake.fail(error)
        if intake.outcome == WAITING:
            break
    return intake


def replay(adapter, raw, store, *, start=None, end=None):
    """Read every payload that was kept once more, oldest first, into a store, and judge it.

    Parameters
    ----------
    adapter : twin.feeds.source.Adapter
        Of the source.
    raw : RawStore
        With the payloads.
    store : twin.observations.store.ObservationStore
        May hold readings already; what it knows stays as it is.
    start, end : pandas.Timestamp, optional
        First and last time of receipt.

    Returns
    -------
    Intake

    Raises
    ------
    DeviceError
        The store cannot be written.
    """
    intake, hours = Intake(adapter.spec.name), set()
    for received, digest, content in raw.between(adapter.spec.name, start, end):
        intake.payloads += 1
        try:
            parsed, _ = _parse(adapter, raw, content, received, digest)
        except InputError as error:
            intake.fail(error)
            continue
        if _append(intake, store, parsed):
            hours.update(hours_of(parsed.readings["phenomenon_time"]))
    if intake.kept and intake.outcome == UNCHANGED:
        intake.outcome = NEW
    _, failures = judge_hours(store, hours)
    if failures:
        intake.fail(not_judged(len(failures), next(iter(failures.values()))), UNJUDGED)
    return intake


def note_answer(intake, desk, now):
    """Note in the health of a feed what came of asking it.

    A feed is as good as it answered, whether or not the store can be written. Where a part of the
    answer was usable, its times count, and the failure too.
    """
    if intake.outcome != FAILED or intake.newest:
        outcome = "" if intake.payloads == 0 else (EMPTY if intake.is_empty else "ok")
        desk.health.answered(
            intake.source,
            now,
            outcome=outcome,
            is_new=intake.outcome == NEW,
            newest=intake.newest,
            drift=intake.has_drift,
        )
    if intake.outcome == FAILED:
        desk.health.failed(intake.source, now, intake.reason, is_answer=intake.is_unreadable)


def _settle(intake, adapter, desk, payload, is_late=False):
    """Parse and store one kept payload; it waits on where only the store fails."""
    receipt, received, digest, content = payload
    intake.payloads += 1
    try:
        parsed, newest = _parse(adapter, desk.raw, content, received, digest)
    except InputError:
        desk.raw.done([receipt])
        raise
    if parsed.counts.get("drift"):
        intake.has_drift = True
        names = ", ".join(map(str, parsed.counts["drift"]))
        desk.raw.bury(intake.source, received, f"unknown names: {names}", digest, kind="drift")
    _note_rejected(intake, desk, parsed, received, digest)
    intake.is_empty &= parsed.outcome == EMPTY
    for station, time in newest.items():
        intake.newest[station] = max(intake.newest.get(station, time), time)
    try:
        times = parsed.readings["phenomenon_time"] if len(parsed.readings) else ()
        with desk.unjudged.noted(intake.source, times, received) as kept:
            kept += [True] * _append(intake, desk.store, parsed)
            kept += [True] * is_late  # who stored it may have died before it was judged
    except DeviceError as error:
        intake.fail(error, WAITING)
        return parsed
    desk.raw.done([receipt])
    return parsed


def _note_rejected(intake, desk, parsed, received, digest):
    """A dead letter with samples where not one reading of a payload can be used."""
    read, rejected = (parsed.counts.get(name, 0) for name in ("read", "rejected"))
    if not read or rejected < read:
        return
    samples = parsed.counts.get("samples", {})
    why = "; ".join(
        f"{reason} {rows}" + (f", such as {samples[reason]!r}" if reason in samples else "")
        for reason, rows in parsed.counts.get("reasons", {}).items()
    )
    desk.raw.bury(intake.source, received, f"all {read} rejected: {why}", digest, kind="rejected")


def _parse(adapter, raw, content, received, digest):
    """What a payload says, and how new; where it cannot be read, it is a dead letter."""
    try:
        parsed = adapter.read(content, received)
        return parsed, newest_by_station(parsed)
    except Exception as error:  # an adapter's fault must not hurt another feed
        is_ours = isinstance(error, TwinError)
        reason = str(error) if is_ours else adapter_fault(adapter.spec.name, error)
        raw.bury(adapter.spec.name, received, reason, digest)
        raise InputError(
            f"{adapter.spec.name} sent what cannot be read ({reason[:300]}); it is kept as dead "
            f"letter {digest[:12]}"
        ) from error


def _append(intake, store, parsed):
    """Store readings and stations, and count them; gives how many readings were kept."""
    counts = {**parsed.counts, "kept": 0, "duplicate": 0}
    reasons = Counter(intake.reasons) + Counter(parsed.counts.get("reasons", {}))
    if len(parsed.readings):
        stored = store.append(parsed.readings)
        counts.update({name: stored[name] for name in ("kept", "duplicate")})
        counts["rejected"] = counts.get("rejected", 0) + stored["rejected"]
        reasons += Counter({REFUSED_BY_STORE: stored["rejected"]})
    intake.reasons = dict(reasons)
    if parsed.stations is not None and len(parsed.stations):
        store.add_stations(parsed.stations, source_id=intake.source)
    for name in ("read", "kept", "duplicate", "flagged", "rejected"):
        setattr(intake, name, getattr(intake, name) + counts.get(name, 0))
    return counts["kept"]
