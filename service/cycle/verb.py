"""The verb `cycle`: poll, forecast, publish, and again at the next tick."""

import contextlib
import logging
import threading
import time
from datetime import timedelta

from service.cycle.forecast import describe
from service.cycle.issue_time import IssueTime
from service.disk import require_writable
from service.run_pointers import CURRENT
from service.runs import RunStore, run_folder
from service.utc import as_utc, iso
from service.web.clock import Clock
from service.words.progress import Progress
from twin.errors import TwinError

COMPUTING_SHARE = 0.75
"""Of the interval between cycles, after which a partial ensemble is published."""

_PAUSE_SECONDS = 5.0
_log = logging.getLogger("floodtwin.cycle")


def cycle(
    *,
    city,
    store,
    every=600.0,
    once=False,
    hours=3.0,
    members=20,
    seed=1,
    data=None,
    clock=None,
    out=None,
    quiet=False,
    told=None,
):
    """Forecast a city again and again, until interrupted.

    Parameters
    ----------
    city : path-like
        Folder of a city package with sensors.
    store : path-like or str
        Observation store.
    every : float
        Interval between cycles [s].
    once : bool
        Whether to run one cycle, as of now, and end.
    hours : float
        Horizon [h].
    members, seed : int
        Of the ensemble.
    data : path-like, optional
        Data folder; feeds that its ``feeds.toml`` switches on are polled, each at its cadence.
        Default that of the city, if it lies in one.
    clock : str, optional
        Exercise: start the clock at this time (ISO).
    out : path-like, optional
        Folder that collects the runs; default `service.runs.run_folder`.
    quiet : bool
        Whether to show no progress in a log.
    told : callable, optional
        Called with what each cycle came to, as it is returned.

    Returns
    -------
    dict
        Of the last cycle: ``cycle``, ``state``, ``cause``, ``reason``, ``reference_time``,
        ``current`` (run that now holds, or None), and where it was published all that
        `service.cycle.forecast.forecast` returns.

    Raises
    ------
    MissingError
        No city or no store.
    InputError
        The interval, or something else that was asked for, makes no sense.
    """
    from service.cycle.ticks import Ticks

    ticks = Ticks(every, Clock(clock))
    work = _Work(city, store, hours, members, seed, data, clock is not None, out, quiet)
    work.deadline = None if once else COMPUTING_SHARE * every
    if work.polled():  # issue times are whole seconds: what has just come must lie before
        ticks.wait_until(ticks.now().replace(microsecond=0) + timedelta(seconds=1))
    moment = ticks.now()
    answer = work.run(moment)
    if once:
        return answer
    with work.polling():
        while True:
            if told is not None:
                told(answer)
            moment, skipped = ticks.due(moment)
            work.note_skipped(skipped)
            ticks.wait_until(moment)
            answer = work.run(moment)


class _Work:
    """What is the same in all cycles."""

    def __init__(self, city, store, hours, members, seed, data, is_exercise, out, quiet):
        from service.cycle.run import data_folder
        from twin.city import open_city
        from twin.observations.store import ObservationStore

        self.city = open_city(city)
        self.observations = ObservationStore(store, create=False)
        self.store, self.data = store, data or data_folder(city)
        self.runs = RunStore(out or run_folder(city, self.city.name))
        require_writable(self.runs.folder)
        self.asked = {"hours": hours, "members": members, "seed": seed}
        self.is_exercise, self.quiet, self.deadline = is_exercise, quiet, None
        self._feeds = self._read_feeds()

    def run(self, moment):
        """One cycle; whatever is wrong with it is told and ends no other one."""
        from service.cycle.run import Request, run_cycle

        began = time.monotonic()
        issue = IssueTime(as_utc(moment.replace(microsecond=0)))
        request = Request(
            city=self.city,
            observations=self.observations,
            runs=self.runs,
            issue=issue,
            data=self.data,
            deadline_seconds=self.deadline,
            is_exercise=self.is_exercise,
            is_scheduled=True,
            **self.asked,
        )
        answer = {"issue_time": iso(issue.moment)}
        try:
            with Progress(f"cycle {iso(issue.moment)}", wanted=not self.quiet) as progress:
                outcome = run_cycle(request, progress)
            answer = describe(outcome, time.monotonic() - began)
        except TwinError as error:
            _log.warning("cycle %s: %s", iso(issue.moment), error)
            answer["error"] = " ".join(str(error).split())
        except Exception as error:  # the last resort: the next cycle must come, whatever this did
            _log.exception("cycle %s failed", iso(issue.moment))
            answer["error"] = f"{type(error).__name__}: {error}"
        return {**answer, **self._standing(answer)}

    def note_skipped(self, ticks):
        """Record cycles whose time passed while another one ran."""
        from service.cycle.run import record_skipped

        for tick in ticks:
            try:
                record_skipped(self.runs, iso(tick))
            except TwinError as error:
                _log.warning("cycle %s was skipped: %s", iso(tick), error)

    def polled(self):
        """Ask all feeds once; whether there are any."""
        if self._feeds:
            self._read_in(watch=False)
        return bool(self._feeds)

    @contextlib.contextmanager
    def polling(self):
        """Poll in the background while the block runs, so that no feed holds up a cycle."""
        if self._feeds:
            threading.Thread(target=self._poll_on, name="feeds", daemon=True).start()
        yield

    def _poll_on(self):
        while True:
            try:
                self._read_in(watch=True)
            except TwinError as error:
                _log.warning("feeds: %s", error)
            time.sleep(_PAUSE_SECONDS)

    def _read_in(self, watch):
        from service.feeds.verb import poll_feeds

        poll_feeds(data=self.data, store=self.store, watch=watch, quiet=True)

    def _read_feeds(self):
        """Names of the feeds that are switched on."""
        from twin.feeds.configuration import read_configuration

        if self.data is None:
            return []
        return [name for name, feed in read_configuration(self.data).feeds.items() if feed.on]

    def _standing(self, answer):
        """How the cycle ended, and which run holds now; also where it could not even begin."""
        from service.cycle.states import EXPIRED, FAILED
        from service.cycle.store import CycleStore

        named = ("cycle_id", "reference_time", "state", "cause", "reason")
        told = dict(zip(named, (None, answer["issue_time"], EXPIRED, FAILED, ""), strict=True))
        told["reason"] = answer.get("error", "")
        current = None
        with contextlib.suppress(TwinError):
            current = self.runs.open(CURRENT).run_id
        with contextlib.suppress(TwinError):
            for record in CycleStore(self.runs.folder).newest():
                if record.reference_time == told["reference_time"]:
                    told = {name: getattr(record, name) for name in named}
        return {"cycle": told.pop("cycle_id"), **told, "current": current}
