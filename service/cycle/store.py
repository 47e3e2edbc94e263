"""The cycles of a city: one row each, with the history of its states, in one SQLite file."""

import fcntl
import os
import socket
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import (
    URL,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    exc,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.pool import NullPool

from service.cycle.states import (
    EXPIRED,
    FINAL,
    INPUTS_FROZEN,
    INTERRUPTED,
    PLANNED,
    SKIPPED,
    require_transition,
)
from service.processes import may_live, this_process
from twin.errors import DeviceError, MissingError

FILE = "cycles.sqlite"
"""Beside the runs."""

LONGEST_REASON = 2000
WAIT_SECONDS = 30
LONGEST_STATE = timedelta(days=1)
"""After so long in one state a cycle of another machine is given up: a container that was replaced
has another name."""

EXERCISE = "exercise"

_METADATA = MetaData()

CYCLE = Table(
    "cycle",
    _METADATA,
    Column("cycle_id", Integer, primary_key=True),
    Column("reference_time", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("manifest_sha256", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("process", String, nullable=False),
    Column(EXERCISE, Boolean, nullable=False, server_default=text("0")),
)

TRANSITION = Table(
    "transition",
    _METADATA,
    Column("transition_id", Integer, primary_key=True),
    Column("cycle_id", Integer, ForeignKey(CYCLE.c.cycle_id), nullable=False, index=True),
    Column("time", String, nullable=False),
    Column("state", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("reason", String, nullable=False),
)


@dataclass(frozen=True)
class CycleRecord:
    """One cycle as it stands.

    Attributes
    ----------
    cycle_id : int
    reference_time : str
        ISO, UTC: the issue time of its forecast.
    state, cause, reason : str
        See `service.cycle.states`; the reason of the last transition, in one line.
    manifest_sha256 : str
        Of the frozen inputs; empty before.
    run_id : str
        Run that it writes; empty before it runs.
    process : str
        That works on it.
    exercise : bool
        Whether its clock was set.
    """

    cycle_id: int
    reference_time: str
    state: str
    cause: str
    reason: str
    manifest_sha256: str
    run_id: str
    process: str
    exercise: bool = False


class CycleStore:
    """States of all cycles of a city; safe from any thread and process.

    Parameters
    ----------
    folder : path-like
        Of the city's runs. The file is made with the first cycle.

    Raises
    ------
    DeviceError
        By all methods: the file cannot be read or written.

    Notes
    -----
    A transition reads the state and writes the next one in one transaction that no other writer
    shares, and is on the disk before it is answered: what was killed stands where it last was.
    """

    def __init__(self, folder):
        self.file = Path(folder) / FILE
        self._engine = create_engine(
            URL.create("sqlite", database=str(self.file)),
            poolclass=NullPool,
            connect_args={"timeout": WAIT_SECONDS},
        )
        event.listen(self._engine, "connect", _leave_begin_to_us)

    def plan(self, reference_time, exercise=False):
        """Begin a cycle: a row in state ``PLANNED``; its `CycleRecord`.

        Parameters
        ----------
        reference_time : str
            ISO, UTC.
        exercise : bool
            Whether its clock is set.
        """
        row = dict.fromkeys(("cause", "reason", "manifest_sha256", "run_id"), "")
        row |= {"reference_time": reference_time, "state": PLANNED, "process": this_process()}
        row["exercise"] = exercise
        with self._alone(), self._writing() as connection:
            number = connection.execute(insert(CYCLE).values(row)).inserted_primary_key[0]
            self._note(connection, number, PLANNED, "", "")
        return CycleRecord(cycle_id=number, **row)

    def move(self, cycle_id, state, *, cause="", reason="", **known):
        """Let a cycle go on to a state.

        Parameters
        ----------
        cycle_id : int
        state : str
            One that may follow its own.
        cause, reason : str
            Why.
        **known : str
            ``manifest_sha256`` or ``run_id``, from this state on.

        Returns
        -------
        CycleRecord

        Raises
        ------
        InputError
            The state may not follow; nothing is changed.
        MissingError
            There is no such cycle.
        """
        reason = " ".join(str(reason).split())[:LONGEST_REASON]
        with self._writing() as connection:
            now = self._row(connection, cycle_id)
            require_transition(now.state, state)
            values = {"state": state, "cause": cause, "reason": reason, **known}
            is_it = CYCLE.c.cycle_id == cycle_id
            connection.execute(update(CYCLE).where(is_it).values(values))
            self._note(connection, cycle_id, state, cause, reason)
            return self._row(connection, cycle_id)

    def open(self, cycle_id):
        """One cycle.

        Raises
        ------
        MissingError
            There is none.
        """
        with self._reading() as connection:
            return self._row(connection, cycle_id)

    def newest(self, limit=1):
        """The cycles begun last, the last one first; none where there is no file."""
        return self._found(order=(CYCLE.c.cycle_id.desc(),), limit=limit)

    def newest_final(self, until=None, exercises=True):
        """Of the cycles that ran and ended the one with the newest reference time, or None.

        Parameters
        ----------
        until : str, optional
            ISO, UTC: a cycle as of a later time does not count.
        exercises : bool
            Whether those whose clock was set count.
        """
        is_one = CYCLE.c.state.in_(FINAL) & (CYCLE.c.cause != SKIPPED)
        if until is not None:
            is_one &= CYCLE.c.reference_time <= until
        order = (CYCLE.c.reference_time.desc(), CYCLE.c.cycle_id.desc())
        return next(iter(self._found(is_one, order, 1, exercises)), None)

    def same_at_work(self, cycle_id):
        """A cycle of another living process that makes the very same forecast, and did so first.

        Parameters
        ----------
        cycle_id : int
            With frozen inputs.

        Returns
        -------
        CycleRecord or None
        """
        mine = self.open(cycle_id)
        is_it = CYCLE.c.manifest_sha256 == mine.manifest_sha256
        is_it &= CYCLE.c.state.not_in(FINAL)
        is_it &= (CYCLE.c.cycle_id < cycle_id) | (CYCLE.c.state != INPUTS_FROZEN)
        others = (other for other in self._found(is_it) if other.process != mine.process)
        return next((other for other in others if may_live(other.process)), None)

    def history(self, cycle_id):
        """States that a cycle went through, the first one first.

        Returns
        -------
        list of dict
            ``time`` (ISO, UTC), ``state``, ``cause``, ``reason``.
        """
        names = [TRANSITION.c[name] for name in ("time", "state", "cause", "reason")]
        query = select(*names).where(TRANSITION.c.cycle_id == cycle_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(TRANSITION.c.transition_id))
            return [dict(row._mapping) for row in rows]

    def abandoned(self):
        """Cycles that have not ended and whose process has."""
        rows = self._found(CYCLE.c.state.not_in(FINAL))
        return [row for row in rows if not may_live(row.process) or self._is_long_still(row)]

    def _is_long_still(self, record):
        """Whether a cycle of another machine, whose processes nobody sees here, stands still."""
        if record.process.split()[0] == socket.gethostname():
            return False
        last = datetime.fromisoformat(self.history(record.cycle_id)[-1]["time"])
        return datetime.now(UTC) - last > LONGEST_STATE

    def expire(self, record, cause=INTERRUPTED, reason="its process ended"):
        """Let a cycle end without a product."""
        return self.move(record.cycle_id, EXPIRED, cause=cause, reason=reason)

    def forget_only(self, cycle_id):
        """Remove the file with the cycle that is the only one in it; with another one it stays."""
        with self._alone():
            if [record.cycle_id for record in self.newest(2)] == [cycle_id]:
                self.file.unlink()

    def _found(self, which=None, order=(CYCLE.c.cycle_id,), limit=None, exercises=True):
        """The cycles for which something holds; none where there is no file."""
        if not self.file.is_file():
            return []
        with self._reading() as connection:
            columns = _columns(connection)
            if not columns:  # killed before its first cycle was on the disk
                return []
            query = select(*columns.values()).order_by(*order).limit(limit)
            if which is not None:
                query = query.where(which)
            if not exercises:
                query = query.where(~columns[EXERCISE])
            return [CycleRecord(**row._mapping) for row in connection.execute(query)]

    def _row(self, connection, cycle_id):
        query = select(*_columns(connection).values()).where(CYCLE.c.cycle_id == cycle_id)
        row = connection.execute(query).first()
        if row is None:
            raise MissingError(f"no cycle {cycle_id} in {self.file}, expected one that was planned")
        return CycleRecord(**row._mapping)

    def _note(self, connection, cycle_id, state, cause, reason):
        time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        values = {"cycle_id": cycle_id, "time": time, "state": state}
        connection.execute(insert(TRANSITION).values(**values, cause=cause, reason=reason))

    @contextmanager
    def _alone(self):
        """Let nobody begin the first cycle of a file that another process is about to remove."""
        with self._errors():
            handle = os.open(self.file.parent, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _writing(self):
        with self._errors(), self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _METADATA.create_all(connection)
            _add_missing(connection)
            yield connection

    @contextmanager
    def _reading(self):
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _errors(self):
        try:
            yield
        except (sqlite3.Error, exc.DBAPIError, OSError) as error:
            reason = getattr(error, "orig", error)
            raise DeviceError(
                f"{self.file} cannot be used ({reason}), expected a folder with free space that "
                "may be written; free space, or move a damaged file away"
            ) from error


def _columns(connection):
    """Columns of a cycle by name, empty where there is no table.

    A file from before exercises were told apart has no column of them.
    """
    columns, names = dict(CYCLE.columns), _column_names(connection)
    if not names:
        return {}
    if EXERCISE not in names:
        columns[EXERCISE] = literal(False).label(EXERCISE)
    return columns


def _add_missing(connection):
    if EXERCISE not in _column_names(connection):
        connection.exec_driver_sql(f"ALTER TABLE cycle ADD {EXERCISE} BOOLEAN NOT NULL DEFAULT 0")


def _column_names(connection):
    return {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(cycle)")}


def _leave_begin_to_us(connection, _record):
    """The driver's own BEGIN comes too late: two writers would read the same state."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
