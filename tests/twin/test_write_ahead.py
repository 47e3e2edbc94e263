"""Several processes start on one new folder at the same moment: each gets its database."""

import concurrent.futures
import sqlite3
import threading

import pytest

from twin.feeds.raw_store import RawStore
from twin.observations.store import ObservationStore
from twin.write_ahead import write_ahead

AT_ONCE = 4
FOLDERS = 60  # one in ten failed with a plain pragma


def feeds(folder):
    return list(RawStore(folder).between("a"))


def readings(folder):
    return list(ObservationStore(folder).latest().index)


@pytest.mark.parametrize("use", [feeds, readings])
def test_a_new_folder_may_be_opened_by_many_at_once(tmp_path, use):
    together = threading.Barrier(AT_ONCE)

    def opened(folder):
        together.wait()
        return use(folder)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(FOLDERS):
            folders = [tmp_path / str(number)] * AT_ONCE
            assert list(pool.map(opened, folders)) == [[]] * AT_ONCE


def test_a_file_that_stays_locked_is_told_after_the_wait(tmp_path):
    holder = sqlite3.connect(tmp_path / "a.sqlite")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(tmp_path / "a.sqlite", timeout=0.05)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(other, 0.2)
    holder.rollback()
    write_ahead(other, 0.2)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
