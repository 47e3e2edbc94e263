"""One poll of a source: its pages or files, each taken in, within limits of its own."""

import hashlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import pandas as pd

from twin.errors import InputError, TwinError
from twin.feeds.address import AddressError
from twin.feeds.configuration import FeedSetting, access_of
from twin.feeds.drop_folder import ChangedFile, dropped_files
from twin.feeds.fetch import fetch, redirected
from twin.feeds.intake import (
    NEW,
    RESTING,
    UNCHANGED,
    UNJUDGED,
    Intake,
    catch_up,
    note_answer,
    take_into,
)
from twin.feeds.judging import judge_waiting

MOST_PAGES = 100
LONGEST_POLL_SECONDS = 300.0
"""For all pages of one poll together [s]."""

BACKLOG_SLICE = 20
"""Payloads of a backlog that are stored after each poll of what is live."""

AT_ONCE = 8
"""Sources that are polled side by side; a slow one holds up no other."""

_log = logging.getLogger("floodtwin.feeds")


def poll_all(feeds, desk, *, allow_loopback=False, now=None):
    """Poll sources side by side, store a slice of what waited, and judge what is new.

    Parameters
    ----------
    feeds : sequence of (twin.feeds.source.Adapter, FeedSetting)
        What to poll.
    desk : twin.feeds.intake.Desk
        Where to put what comes.
    allow_loopback : bool
        Whether sources may run on this machine.
    now : pandas.Timestamp, optional
        As for `poll`.

    Returns
    -------
    list of Intake
        Of what is live, in the order of `feeds`.
    """

    def ask(feed):
        adapter, setting = feed
        try:
            return poll(adapter, desk, setting, allow_loopback=allow_loopback, now=now)
        except Exception as error:  # the last resort: a fault with one feed is not one with all
            _log.exception("feed %s failed", adapter.spec.name)
            return Intake(adapter.spec.name).fail(f"{type(error).__name__}: {error}")

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="feed") as threads:
        intakes = list(threads.map(ask, feeds))
    waiting = [adapter for adapter, _ in feeds if desk.raw.waiting(adapter.spec.name)]
    for adapter in waiting:
        catch_up(adapter, desk, BACKLOG_SLICE)
    _judge(intakes, desk, pd.Timestamp.now(tz="UTC") if now is None else now)
    return intakes


def _judge(intakes, desk, now):
    """Quality control of all that was stored, by whomever; what fails is told, and comes again."""
    try:
        judge_waiting(desk.store, desk.unjudged)
        reasons = desk.unjudged.reasons(now)
    except Exception as error:  # the last resort: what is stored is stored, and is still noted
        _log.exception("readings are not judged")
        reason = f"readings are not judged ({type(error).__name__}: {error})"
        reasons = {intake.source: reason for intake in intakes if intake.kept}
    for intake in intakes:
        if intake.source in reasons:
            outcome = UNJUDGED if intake.outcome in (NEW, UNCHANGED) else intake.outcome
            known = [intake.reason] if intake.reason else []
            intake.fail("; ".join([*known, reasons[intake.source]]), outcome)


def poll(adapter, desk, setting=None, *, allow_loopback=False, now=None):
    """Ask a source once; whatever goes wrong stays with this source.

    Parameters
    ----------
    adapter : twin.feeds.source.Adapter
        Of the source.
    desk : twin.feeds.intake.Desk
        Where to put what comes.
    setting : FeedSetting, optional
        What the city says about it.
    allow_loopback : bool
        Whether the source may run on this machine.
    now : pandas.Timestamp, optional
        Time of receipt, with a zone; default the clock of this machine.

    Returns
    -------
    Intake
        Nothing is raised for what a source, a network, a disk or an adapter does.
    """
    now = pd.Timestamp.now(tz="UTC") if now is None else now
    intake = Intake(adapter.spec.name)
    try:
        if not desk.health.allows(intake.source, now):
            return _rest(intake, desk)
        try:
            if setting is not None and setting.folder:
                _take_files(intake, adapter, desk, setting, now)
            else:
                access = access_of(adapter.spec, setting or FeedSetting(), allow_loopback)
                url = (setting and setting.url) or adapter.spec.url
                _take_answer(intake, adapter, desk, url, access, now)
            _require_some(intake)
        except TwinError as error:
            intake.fail(error)
        note_answer(intake, desk, now)
    except TwinError as error:  # the disk of payloads and health
        intake.fail(error)
    return intake


def _require_some(intake):
    """An answer of which not one reading can be used is no good one, however well it reads."""
    if intake.read == 0 or intake.rejected < intake.read or intake.outcome not in (NEW, UNCHANGED):
        return
    why = ", ".join(f"{reason} {rows}" for reason, rows in intake.reasons.items())
    raise InputError(
        f"not one of {intake.read} readings can be used ({why}), expected readings as the contract "
        f"of {intake.source} has them; see the dead letters, and the clock of the source"
    )


def _rest(intake, desk):
    failures, until = desk.health.rest(intake.source)
    return intake.fail(
        f"it failed {failures} times in a row, it is left alone until {until:%Y-%m-%dT%H:%M:%SZ}",
        RESTING,
    )


def _take_answer(intake, adapter, desk, url, access, now):
    if adapter.gather is not None:
        content = _gather(adapter, url, access)
        take_into(intake, adapter, desk, content, now, access.shown(url))
    elif url:
        _take_pages(intake, adapter, desk, url, access, now)
    else:
        raise AddressError(
            f"{adapter.spec.name} has no address, expected url or folder in its configuration"
        )


def _take_pages(intake, adapter, desk, url, access, now):
    """Follow the pages of a source, each kept and stored as it comes."""
    end = time.monotonic() + LONGEST_POLL_SECONDS
    known = desk.health.validators(intake.source)
    first, asked, seen = url, set(), set()
    while url is not None:
        _require_another_page(url, asked, access, end)
        asked.add(url)
        limits = replace(access, deadline_seconds=min(access.deadline_seconds, _left(end)))
        answer = fetch(url, limits, **(known if url == first else {}))
        if answer.content is None:
            return
        digest = hashlib.sha256(answer.content).digest()
        if digest in seen:
            raise _endless(url, access, "gives a page that came before")
        seen.add(digest)
        parsed = take_into(intake, adapter, desk, answer.content, now, answer.url)
        url = _next(url, parsed.next_page, access)
        says_something = parsed.counts.get("read", 0) > 0 or intake.is_empty
        if url is None and len(asked) == 1 and says_something:
            desk.health.remember_validators(intake.source, answer.etag, answer.last_modified)


def _next(url, following, access):
    if following is None:
        return None
    return redirected(url.replace("{key}", access.key), following, access)


def _require_another_page(url, asked, access, end):
    if url in asked:
        raise _endless(url, access, "comes again")
    if len(asked) >= MOST_PAGES:
        raise _endless(url, access, f"follows on {MOST_PAGES} pages")
    if _left(end) <= 0:
        raise _endless(url, access, f"is not reached within {LONGEST_POLL_SECONDS:g} s")


def _left(end):
    return end - time.monotonic()


def _endless(url, access, what):
    return InputError(
        f"{access.shown(url)[:200]} {what}, expected at most {MOST_PAGES} pages, each another; "
        "tell the owner of the source"
    )


def _gather(adapter, url, access):
    """The content that an adapter puts together out of several addresses."""
    end = time.monotonic() + LONGEST_POLL_SECONDS

    def get(address):
        if _left(end) <= 0:
            raise _endless(url, access, f"is not whole within {LONGEST_POLL_SECONDS:g} s")
        address = redirected(url, _moved(address, adapter.spec.url, url), access)
        limits = replace(access, deadline_seconds=min(access.deadline_seconds, _left(end)))
        return fetch(address, limits).content

    try:
        return adapter.gather(get)
    except TwinError:
        raise
    except Exception as error:  # an adapter's fault must not hurt another feed
        raise InputError(
            f"the adapter of {adapter.spec.name} cannot gather its answer "
            f"({type(error).__name__}: {error}), expected its addresses; correct it"
        ) from error


def _moved(address, agreed, url):
    """An address of the source on the host that the city names instead of the agreed one."""
    if address == agreed:
        return url
    parts, old, new = urlsplit(address), urlsplit(agreed), urlsplit(url)
    if not parts.netloc or parts.netloc != old.netloc:
        return address
    return address.replace(f"{parts.scheme}://{parts.netloc}", f"{new.scheme}://{new.netloc}", 1)


def _take_files(intake, adapter, desk, setting, now):
    for file in dropped_files(setting.folder, adapter.spec.max_bytes):
        try:
            take_into(intake, adapter, desk, file.content(), now, file.name)
        except ChangedFile:
            continue  # another process took it, or it is another one, for the next poll
        except InputError as error:
            file.refuse(error)
            intake.fail(error)
        else:
            file.accept()
