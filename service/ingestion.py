"""The verb `ingest`: what a source sent, into the observation store."""

import contextlib
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from service.disk import require_writable
from service.utc import iso
from twin.errors import InputError, TwinError
from twin.input_file import require_file


def ingest(*, source, store, file=None, url=None, quiet=False):
    """Read what a source sent into an observation store, and judge it.

    Parameters
    ----------
    source : str
        Name of an adapter of `twin.feeds.registry`.
    store : path-like
        Folder of the store, made when it is missing, or the address of a database.
    file : path-like, optional
        What the source sent.
    url : str, optional
        In the place of `file`: where the source answers; its key comes from the environment.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``source``, ``read``, ``kept``, ``duplicate``, ``flagged`` (by the source), ``judged``
        (readings that quality control gave a verdict), ``rejected``, ``latest``, ``reasons``:
        why the adapter rejected how many rows, ``drift``: names that it does not know, and how
        many ``stations`` (kept), ``grids``, ``warnings`` and values ``ahead`` (only counted here)
        came.

    Raises
    ------
    MissingError
        The source or the file is not there, or does not answer.
    InputError
        It is not what this source sends.
    """
    del quiet  # one pass over one answer; there is nothing to show on the way
    from twin.observations.engine import is_database_url

    if (file is None) == (url is None):
        came = "neither --file nor --url" if file is None else "both --file and --url"
        raise InputError(f"{came} came, expected one of them; say where {source!r} is")
    is_folder = not is_database_url(store)
    if is_folder:
        require_writable(store, "--store")
    parsed = _parsed(source, file, url)
    is_new = is_folder and _is_made_here(store)
    try:
        return _stored(source, parsed, store)
    except BaseException:
        if is_new:
            _discard_empty(store)
        raise


def _is_made_here(folder):
    """Make a folder; whether it was this process that did."""
    try:
        Path(folder).mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def _discard_empty(store):
    """Remove a store that was begun in vain, unless another process put readings into it."""
    from twin.observations.store import ObservationStore

    with contextlib.suppress(TwinError):
        if ObservationStore(store, create=False).newest_time() is not None:
            return
    shutil.rmtree(store, ignore_errors=True)


def _parsed(source, file, url):
    """What a source says, in a file or at its address."""
    from twin.feeds.registry import adapter, parse, parse_file

    if url is None:
        require_file(file, f"what {source!r} sent")
        return parse_file(source, file)
    from twin.feeds.configuration import FeedSetting, access_of
    from twin.feeds.fetch import fetch

    # A person who names an address on this machine means it; redirects stay on its host.
    is_here = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    access = access_of(adapter(source).spec, FeedSetting(url=url), allow_loopback=is_here)
    return parse(source, fetch(url, access).content)


def _stored(source, parsed, store):
    """Keep readings and stations, judge the news, and count."""
    from twin.feeds.judging import judge_news
    from twin.observations.store import ObservationStore

    observations, counts = ObservationStore(store), parsed.counts
    stored = observations.append(parsed.readings)
    if parsed.stations is not None:
        observations.add_stations(parsed.stations, source)
    since = parsed.readings["received_time"].min()
    # also where all is known: who stored it may have died before it was judged
    judged = judge_news(observations, since) if stored["kept"] or stored["duplicate"] else 0
    newest = observations.newest_time()
    return {
        "source": source,
        "read": counts["read"],
        "kept": stored["kept"],
        "duplicate": stored["duplicate"],
        "flagged": counts["flagged"],
        "judged": judged,
        "rejected": counts["rejected"] + stored["rejected"],
        "reasons": counts["reasons"],
        "drift": counts["drift"],
        "stations": 0 if parsed.stations is None else len(parsed.stations),
        "grids": len(parsed.grids),
        "warnings": 0 if parsed.warnings is None else len(parsed.warnings),
        "ahead": 0 if parsed.ahead is None else len(parsed.ahead),
        "latest": None if newest is None else iso(newest),
    }
