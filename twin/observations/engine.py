"""The two databases of the observation store: what differs between them, and nothing else."""

import io
import sqlite3
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, event, exc, literal_column, make_url
from sqlalchemy.pool import NullPool

from twin.errors import DeviceError, InputError
from twin.write_ahead import write_ahead

WAIT_SECONDS = 30
"""How long a writer waits for another one [s]."""

_ANSWER_SECONDS = 120  # a PostgreSQL that is silent for longer is gone
_WRITERS = 7_010_221  # number of the lock that all writers of a PostgreSQL store take
_SCHEME = "postgresql"


def is_database_url(where):
    """Whether a place is the address of a database and no folder."""
    return "://" in str(where)


def open_database(where):
    """Database at a place.

    Parameters
    ----------
    where : path or str
        A folder, or an address such as ``postgresql+pg8000://user:password@host/database``.

    Returns
    -------
    SqliteFile or PostgresDatabase

    Raises
    ------
    InputError
        The address is of no such database.
    """
    return PostgresDatabase(str(where)) if is_database_url(where) else SqliteFile(where)


class SqliteFile:
    """A SQLite file with a write-ahead log; one short connection a call, safe from any thread."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.file = self.folder / "observations.sqlite"
        self.name = str(self.file)
        address = URL.create("sqlite", database=str(self.file))
        self._engine = create_engine(
            address, poolclass=NullPool, connect_args={"timeout": WAIT_SECONDS}
        )
        event.listen(self._engine, "connect", _set_up_sqlite)

    def exists(self):
        """Whether there is a store."""
        return self.file.is_file()

    @contextmanager
    def reading(self):
        """Connection that sees one state of the store, whoever writes meanwhile."""
        with self._errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                yield connection

    @contextmanager
    def writing(self):
        """Connection of the only writer; all it did is kept at the end, or nothing."""
        with self._errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection

    def row_id(self, table):
        """What names a row of a table."""
        return literal_column(f"{table.name}.rowid")

    def version(self, connection):
        """Version of the tables, 0 where there are none."""
        return connection.exec_driver_sql("PRAGMA user_version").scalar_one()

    def set_version(self, connection, version):
        """Note the version of the tables."""
        connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")

    def fill(self, connection, table, rows):
        """Add rows to a table: tuples in the order of its columns."""
        marks = ",".join("?" * len(table.columns))
        if rows:
            connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)

    @contextmanager
    def _errors(self):
        try:
            yield
        except (sqlite3.Error, exc.DBAPIError, OSError) as error:
            reason = getattr(error, "orig", error)
            if isinstance(reason, sqlite3.DatabaseError) and type(reason) is sqlite3.DatabaseError:
                raise InputError(
                    f"{self.file} is no observation store ({reason}); move it away and ingest again"
                ) from error
            if not isinstance(reason, (sqlite3.OperationalError, OSError)):
                raise
            raise DeviceError(
                f"{self.file} cannot be used ({reason}), expected a folder with free space "
                "that may be written; free space or stop the other writer"
            ) from error


class PostgresDatabase:
    """A PostgreSQL database that holds one store; writers take turns by an advisory lock."""

    folder = file = None

    def __init__(self, address):
        try:
            url = make_url(address)
        except (exc.ArgumentError, ValueError) as error:
            raise InputError(_no_address("an address that cannot be read")) from error
        if url.drivername not in (_SCHEME, f"{_SCHEME}+pg8000"):
            raise InputError(_no_address(f"an address of {url.drivername}"))
        self.name = url.render_as_string(hide_password=True)
        self._engine = create_engine(
            url.set(drivername=f"{_SCHEME}+pg8000"),
            poolclass=NullPool,
            connect_args={"timeout": _ANSWER_SECONDS},
        )

    def exists(self):
        """Whether there is a store."""
        with self.reading() as connection:
            return self.version(connection) > 0

    @contextmanager
    def reading(self):
        """Connection that sees one state of the store, whoever writes meanwhile."""
        with self._errors(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def writing(self):
        """Connection of the only writer; all it did is kept at the end, or nothing."""
        with self._errors(), self._engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
            yield connection

    def row_id(self, table):
        """What names a row of a table."""
        return literal_column(f"{table.name}.ctid")

    def version(self, connection):
        """Version of the tables, 0 where there are none."""
        found = connection.exec_driver_sql("SELECT to_regclass('store_version')::text").scalar_one()
        if found is None:
            return 0
        return connection.exec_driver_sql("SELECT max(version) FROM store_version").scalar_one()

    def set_version(self, connection, version):
        """Note the version of the tables."""
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS store_version (version integer PRIMARY KEY)"
        )
        connection.exec_driver_sql(f"INSERT INTO store_version VALUES ({int(version)})")

    def fill(self, connection, table, rows):
        """Add rows to a table: tuples in the order of its columns."""
        lines = "".join("\t".join(map(_copied, row)) + "\n" for row in rows)
        cursor = connection.connection.cursor()
        cursor.execute(f"COPY {table.name} FROM STDIN", stream=io.BytesIO(lines.encode()))
        connection.exec_driver_sql(f"ANALYZE {table.name}")  # else its size is only guessed

    @contextmanager
    def _errors(self):
        from pg8000.exceptions import Error

        try:
            yield
        except (exc.DBAPIError, Error, OSError) as error:
            reason = getattr(error, "orig", error)
            state, text = _state_and_text(reason)
            if state[:2] in ("22", "28", "3D", "3F", "42"):
                raise InputError(
                    f"{self.name} refused the store ({text}), expected a database in UTF-8 that "
                    "this user may read, write and make tables in; check user, password, database"
                ) from error
            if state[:2] == "23":  # a fault of this program
                raise
            raise DeviceError(
                f"{self.name} cannot be used ({text}), expected a PostgreSQL that answers and "
                "has free space; start it, free space or stop the other writer"
            ) from error


def _set_up_sqlite(connection, _record):
    connection.isolation_level = None  # transactions begin where this module says so
    connection.execute(f"PRAGMA busy_timeout = {1000 * WAIT_SECONDS}")
    write_ahead(connection, WAIT_SECONDS)
    connection.execute("PRAGMA synchronous = FULL")


def _no_address(what):
    """Say what an address should be; never the address itself, which may hold a password."""
    return (
        f"the store is {what}, expected a folder or "
        "postgresql+pg8000://user:password@host/database; check the setting"
    )


def _copied(value):
    r"""One field in the text format of COPY, where \N is no value."""
    if value is None:
        return r"\N"
    if not isinstance(value, str):
        return repr(value)
    for plain, escaped in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        value = value.replace(plain, escaped)
    return value


def _state_and_text(error):
    """SQLSTATE and message of what pg8000 raised."""
    about = error.args[0] if error.args else ""
    if isinstance(about, dict):
        return about.get("C", ""), about.get("M", "")
    return "", str(error)
