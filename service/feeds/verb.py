"""The verbs `feeds list`, `poll`, `replay`, `health` and `sample`: all feeds of a data folder."""

import time
from dataclasses import dataclass
from pathlib import Path

from service.disk import require_writable
from service.utc import as_utc, iso
from service.words.progress import Progress
from twin.errors import DeviceError, MissingError

FOLDER = "feeds"
"""In the data folder: raw payloads and health."""

PARTLY = "partly"
"""Outcome of a feed that failed after some of its readings could be used."""

_DATABASE = "feeds.sqlite"


@dataclass(frozen=True)
class Place:
    """A data folder as the verbs of feeds see it."""

    data: Path

    @property
    def folder(self):
        """Folder of raw payloads and health."""
        return self.data / FOLDER

    @property
    def is_begun(self):
        """Whether any feed was ever asked."""
        return (self.folder / _DATABASE).is_file()


def list_feeds(*, data=None, quiet=False):
    """All feeds that are known, with their licence and how they are.

    Parameters
    ----------
    data : path-like, optional
        Data folder, which may hold ``feeds.toml``; default as for `service.serving.serve`.
    quiet : bool
        Whether to show no progress in a log; there is none.

    Returns
    -------
    dict
        ``feeds``: see `service.feeds.registry.feed_rows`.

    Raises
    ------
    MissingError
        There is no such folder.
    InputError
        ``feeds.toml`` is not right.
    """
    del quiet
    from service.feeds.registry import feed_rows

    return {"feeds": feed_rows(_place(data).data)}


def feeds_health(*, data=None, quiet=False):
    """How the feeds are that are switched on or were ever asked.

    Returns
    -------
    dict
        ``feeds`` as in `list_feeds`, ``states`` (state -> how many) and ``dead_letters``, the
        newest first.
    """
    del quiet
    from twin.feeds.raw_store import RawStore

    place = _place(data)
    rows = [row for row in list_feeds(data=data)["feeds"] if row["on"] or row["state"] != "off"]
    states = {}
    for row in rows:
        states[row["state"]] = states.get(row["state"], 0) + 1
    letters = RawStore(place.folder).dead_letters(limit=20) if place.is_begun else []
    letters = [{**letter, "received": iso(letter["received"])} for letter in letters]
    return {"feeds": rows, "states": states, "dead_letters": letters}


def poll_feeds(*, data=None, sources=(), store=None, watch=False, quiet=False):
    """Poll the feeds that are switched on, once or until interrupted.

    Parameters
    ----------
    data : path-like, optional
        Data folder with ``feeds.toml``.
    sources : sequence of str
        Only these.
    store : str, optional
        Folder or PostgreSQL address of the observations, instead of that in ``feeds.toml``.
    watch : bool
        Whether to go on, each feed at its own cadence.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``polled`` with one row a feed, ``unasked`` (brokers, which only ``watch`` hears),
        ``failed`` (whether any feed ended otherwise than with news or unchanged, or none was
        asked), ``store`` and ``seconds``. A row has ``reason`` (why the feed failed or waits),
        ``reasons`` (why how many readings were rejected), ``is_empty`` (whether it answered and
        had nothing to say) and ``passed_over`` (names of files in its folder that are of no kind
        that is taken).

    Raises
    ------
    MissingError
        No feed is switched on, or one of `sources` is not.
    InputError
        ``feeds.toml`` is not right.
    DeviceError
        The store or the folder cannot be written.
    """
    from service.feeds.watch import poll_round, watch_feeds
    from twin.feeds.configuration import read_configuration

    place, begun = _place(data), time.monotonic()
    configuration = read_configuration(place.data)
    feeds = _chosen(configuration, sources)
    require_writable(place.folder, "--data")
    desk = _desk(place, store or configuration.store)
    if watch:
        watch_feeds(feeds, desk, configuration, Progress("feeds", wanted=not quiet))
    asked = [(adapter, setting) for adapter, setting in feeds if not setting.broker]
    intakes = poll_round(asked, desk, configuration)
    return {
        "polled": [
            _row(intake) | {"passed_over": _passed_over(setting)}
            for intake, (_, setting) in zip(intakes, asked, strict=True)
        ],
        "unasked": [adapter.spec.name for adapter, setting in feeds if setting.broker],
        "failed": not intakes or not all(map(_is_well, intakes)),
        "store": desk.store.name,
        "seconds": time.monotonic() - begun,
    }


def replay_feeds(*, data=None, sources=(), store, start=None, end=None, quiet=False):
    """Read all payloads that were kept once more, oldest first, into a store.

    Parameters
    ----------
    data : path-like, optional
        Data folder that was polled into.
    sources : sequence of str
        Only these; default all that ever sent something.
    store : str
        Folder or PostgreSQL address; may hold readings already.
    start, end : str, optional
        First and last time of receipt (ISO).
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``replayed`` with one row a feed, ``digest`` of the store and ``seconds``.

    Raises
    ------
    MissingError
        Nothing was kept, or one of `sources` is not known.
    """
    from twin.feeds.configuration import FeedSetting, adapter_of, read_configuration
    from twin.feeds.intake import replay
    from twin.observations.store import ObservationStore

    place, begun = _place(data), time.monotonic()
    if not place.is_begun:
        raise MissingError(
            f"no payload was kept in {place.folder}, expected some; run `floodtwin feeds poll`"
        )
    bounds = [None if text is None else as_utc(text).tz_localize("UTC") for text in (start, end)]
    settings = read_configuration(place.data).feeds
    raw = _raw(place)
    adapters = [adapter_of(n, settings.get(n, FeedSetting())) for n in sources or raw.sources()]
    observations, progress = ObservationStore(store), Progress("replay", wanted=not quiet)
    rows = []
    for adapter in adapters:
        progress.tell(adapter.spec.name)
        rows.append(_row(replay(adapter, raw, observations, start=bounds[0], end=bounds[1])))
    return {
        "replayed": rows,
        "digest": observations.digest(),
        "seconds": time.monotonic() - begun,
    }


def sample_feeds(*, quiet=False):
    """A ``feeds.toml`` that shows every key.

    Returns
    -------
    dict
        ``sample``: its text.
    """
    del quiet
    from twin.feeds.configuration import SAMPLE

    return {"sample": SAMPLE.read_text(encoding="utf-8")}


def _place(data):
    from service.web.settings import Settings

    folder = Settings().data if data is None else Path(data)
    if not folder.is_dir():
        raise MissingError(f"{folder} is not there, expected a data folder; make it")
    return Place(folder)


def _raw(place):
    from twin.feeds.raw_store import RawStore

    return RawStore(place.folder)


def _desk(place, store):
    from twin.feeds.intake import Desk
    from twin.observations.store import ObservationStore

    return Desk(place.folder, ObservationStore(store))


def _chosen(configuration, sources):
    """Adapter and setting of each feed that is on, or of those that are named."""
    from twin.feeds.configuration import adapter_of

    on = {name: setting for name, setting in configuration.feeds.items() if setting.on}
    absent = [name for name in sources if name not in on]
    if absent:
        raise MissingError(
            f"{absent[0][:60]!r} is not switched on in feeds.toml, expected one of "
            f"{', '.join(on) or 'none'}; add [feeds.{absent[0][:60]}]"
        )
    if not on:
        raise MissingError(
            "no feed is switched on, expected tables such as [feeds.cwa_gauges] in feeds.toml of "
            "the data folder; see `floodtwin feeds list` for names"
        )
    return [(adapter_of(name, on[name]), on[name]) for name in sources or on]


def _row(intake):
    from twin.feeds.intake import FAILED

    names = ("source", "outcome", "reason", "reasons", "payloads", "read", "kept", "duplicate",
             "flagged", "rejected")  # fmt: skip
    row = {name: getattr(intake, name) for name in names}
    row["is_empty"] = intake.payloads > 0 and intake.is_empty and not intake.reason
    is_part = intake.outcome == FAILED and intake.read > intake.rejected
    return row | {"outcome": PARTLY} if is_part else row


def _is_well(intake):
    from twin.feeds.intake import NEW, UNCHANGED

    is_of_use = intake.read == 0 or intake.rejected < intake.read
    return intake.outcome in (NEW, UNCHANGED) and is_of_use


def _passed_over(setting):
    from twin.feeds.drop_folder import passed_over

    try:
        return passed_over(setting.folder) if setting.folder else []
    except DeviceError:
        return []  # why the folder cannot be listed, the poll has said
