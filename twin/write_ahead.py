"""Switch a SQLite file to its write-ahead log, also where others do so at the same moment."""

import random
import sqlite3
import time


def write_ahead(connection, wait_seconds):
    """Let readers of a file go on while one connection writes.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of a file, with no transaction begun.
    wait_seconds : float
        How long to try [s].

    Raises
    ------
    sqlite3.OperationalError
        The file cannot be used, or was locked all the time.

    Notes
    -----
    Two connections that switch one new file at once would wait for each other for ever, so
    SQLite refuses one of them without its usual waiting (``SQLITE_BUSY``, busy handler not asked:
    https://www.sqlite.org/c3ref/busy_handler.html).
    """
    last = time.monotonic() + wait_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not locked or time.monotonic() > last:
                raise
        time.sleep(random.uniform(0.001, 0.02))
