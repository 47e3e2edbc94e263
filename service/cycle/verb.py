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
from twin.errors import DeviceError, TwinError

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
        Whether to run one cycle, as of now or of `clock`, and end.
    hours : float
        Horizon [h].
    members, seed : int
        Of the ensemble.
    data : path-like, optional
        Data folder; feeds that its ``feeds.toml`` switches on are polled, each at its cadence.
        Default that of the city, if it lies in one.
    clock : str, optional
        Exercise: start the clock at this time (ISO), which is that of the first cycle.
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
        ``failed`` (it published nothing), ``current`` (run that now holds, or None), ``alerts``
        (`service.cycle.alert_gate.alert_standing` of that run), and where it was published all
        that `service.cycle.forecast.forecast` returns.

    Raises
    ------
    MissingError
        No city or no store.
    InputError
        The interval, or something else that was asked for, makes no sense.
    """
    from service.cycle.ticks import Ticks

    set_clock = Clock(clock)
    ticks = Ticks(every, set_clock)
    work = _Work(city, store, hours, members, seed, data, set_clock, out, quiet)
    work.deadline = None if once else COMPUTING_SHARE * every
    if work.polled() and not set_clock.is_set:
        # issue times are whole seconds: what has just come must lie before
        ticks.wait_until(ticks.now().replace(microsecond=0) + timedelta(seconds=1))
    moment = set_clock.start or ticks.now()
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

    def __init__(self, city, store, hours, members, seed, data, clock, out, quiet):
        from service.cycle.run import data_folder
        from twin.city import open_city
        from twin.observations.store import ObservationStore

        self.city = open_city(city)
        self.observations = ObservationStore(store, create=False)
        self.store, self.data = store, data or data_folder(city)
        self.runs = RunStore(out or run_folder(city, self.city.name))
        require_writable(self.runs.folder)
        self.asked = {"hours": hours, "members": members, "seed": seed}
        self.clock, self.quiet, self.deadline = clock, quiet, None
        self._feeds, self._unended = self._read_feeds(), []

    def run(self, moment):
        """One cycle; whatever is wrong with it is told and ends no other one."""
        from service.cycle.run import Request, run_cycle

        began = time.monotonic()
        self._end_unended()
        issue = IssueTime(as_utc(moment.replace(microsecond=0)))
        request = Request(
            city=self.city,
            observations=self.observations,
            runs=self.runs,
            issue=issue,
            data=self.data,
            deadline_seconds=self.deadline,
            is_exercise=self.clock.is_set,
            is_scheduled=True,
            **self.asked,
        )
        answer, numbers = {"issue_time": iso(issue.moment)}, []
        try:
            with Progress(f"cycle {iso(issue.moment)}", wanted=not self.quiet) as progress:
                outcome = run_cycle(request, progress, begun=numbers.append)
            answer = describe(outcome, time.monotonic() - began)
        except TwinError as error:
            _log.warning("cycle %s: %s", iso(issue.moment), error)
            answer["error"] = " ".join(str(error).split())
        except Exception as error:  # the last resort: the next cycle must come, whatever this did
            _log.exception("cycle %s failed", iso(issue.moment))
            answer["error"] = f"{type(error).__name__}: {error}"
        return {**answer, **self._ending(answer, *numbers), **self._standing()}

    def note_skipped(self, ticks):
        """Record cycles whose time passed while another one ran."""
        from service.cycle.run import record_skipped

        for tick in ticks:
            try:
                record_skipped(self.runs, iso(tick), self.clock.is_set)
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

    def _ending(self, answer, cycle=None):
        """How a cycle ended, also where it could not begin or its end could not be recorded."""
        from service.cycle.states import EXPIRED, FAILED, PUBLISHED

        told = {"cycle": cycle, "reference_time": answer["issue_time"], "state": EXPIRED}
        told |= {"cause": FAILED, "reason": answer.get("error", "")}
        if cycle is not None:
            with contextlib.suppress(TwinError):
                told |= self._recorded(cycle, told["reason"])
        return {**told, "failed": told["state"] != PUBLISHED}

    def _recorded(self, cycle, reason):
        """What is recorded of the end of a cycle; nothing where there was no room for it."""
        from service.cycle.states import FINAL
        from service.cycle.store import CycleStore

        record = CycleStore(self.runs.folder).open(cycle)
        if record.state not in FINAL:
            self._unended.append((record, reason))
            return {}
        return {"state": record.state, "cause": record.cause, "reason": record.reason or reason}

    def _end_unended(self):
        """Record the end of cycles for which there was no room then."""
        from service.cycle.run import end_cycle
        from service.cycle.states import FAILED
        from service.cycle.store import CycleStore

        waiting, self._unended = self._unended, []
        for record, reason in waiting:
            try:
                end_cycle(CycleStore(self.runs.folder), self.runs, record, FAILED, reason)
            except DeviceError:
                self._unended.append((record, reason))
            except TwinError as error:  # another process has ended it
                _log.info("cycle %s: %s", record.cycle_id, error)

    def _standing(self):
        """Which run holds now, and whether an alert may be drafted from it."""
        from service.cycle.alert_gate import alert_standing

        try:
            run = self.runs.open(CURRENT)
        except TwinError:
            run = None
        alerts = alert_standing(run, self.clock)
        return {"current": None if run is None else run.run_id, "alerts": alerts}
