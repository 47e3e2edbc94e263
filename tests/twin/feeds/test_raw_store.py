"""Raw payloads: kept once, whole or not at all, given back oldest first."""

import gzip
import os
import subprocess
import sys
import threading

import pandas as pd
import pytest

from twin.errors import DeviceError, InputError, MissingError
from twin.feeds.raw_store import RawStore

NOON = pd.Timestamp("2026-11-20T12:00Z")


def at(minutes):
    return NOON + pd.Timedelta(minutes=minutes)


def files(store):
    return [path for path in store.folder.glob("raw/*/*") if path.is_file()]


def test_the_same_content_lies_on_the_disk_once_and_each_receipt_is_kept(tmp_path):
    store = RawStore(tmp_path)
    digests = {store.keep("a", b"same", at(minutes), "http://a/") for minutes in (0, 10)}
    assert len(digests) == len(files(store)) == 1
    assert [received for received, *_ in store.between("a")] == [at(0), at(10)]
    assert gzip.decompress(files(store)[0].read_bytes()) == b"same"


def test_payloads_come_back_oldest_first_whatever_order_they_came_in(tmp_path):
    store = RawStore(tmp_path)
    for minutes in (30, 0, 20, 10):
        store.keep("a", b"%d" % minutes, at(minutes))
    store.keep("b", b"other", at(5))
    assert [content for *_, content in store.between("a")] == [b"0", b"10", b"20", b"30"]
    bounded = store.between("a", start=at(10), end=at(30), known_at=at(20))
    assert [content for *_, content in bounded] == [b"10", b"20"]


def test_a_time_without_a_zone_is_refused(tmp_path):
    with pytest.raises(InputError, match="no zone"):
        RawStore(tmp_path).keep("a", b"x", pd.Timestamp("2026-11-20"))


def test_what_waits_is_given_oldest_first_until_it_is_done(tmp_path):
    store = RawStore(tmp_path)
    for minutes in (20, 0, 10):
        store.spool("a", b"%d" % minutes, at(minutes))
    store.keep("a", b"stored", at(5))
    waiting = list(store.pending("a", 2))
    assert [content for *_, content in waiting] == [b"0", b"10"]
    store.done([receipt for receipt, *_ in waiting])
    assert store.waiting("a") == 1
    assert [content for *_, content in store.pending("a", 9)] == [b"20"]


def test_a_damaged_payload_is_a_dead_letter_and_holds_up_no_other(tmp_path):
    store = RawStore(tmp_path)
    store.keep("a", b"one", at(0))
    damaged = files(store)[0]
    store.keep("a", b"two", at(1))
    for content in (damaged.read_bytes()[:-9], gzip.compress(b"another"), b"", b"no gzip"):
        damaged.write_bytes(content)
        assert [content for *_, content in store.between("a")] == [b"two"]
        assert "damaged" in store.dead_letters("a")[0]["reason"]
    damaged.unlink()
    assert [content for *_, content in store.between("a")] == [b"two"]
    assert len(store.dead_letters("a")) == 5
    with pytest.raises(MissingError):
        store.read("0" * 64)


def test_a_dead_letter_keeps_its_reason_in_one_line(tmp_path):
    store = RawStore(tmp_path)
    digest = store.keep("a", b"<html>", at(0))
    store.bury("a", at(0), "not\nJSON\x1b[31m" + "x" * 5000, digest)
    letter = store.dead_letters("a")[0]
    assert letter["reason"].startswith("not JSON [31mxx")
    assert len(letter["reason"]) == 1000
    assert (letter["sha256"], letter["received"], letter["kind"]) == (digest, at(0), "failure")
    assert store.dead_letters("b") == []


def test_retention_lets_go_of_the_old_but_not_of_what_waits_or_is_shared(tmp_path):
    store = RawStore(tmp_path)
    store.keep("a", b"old", at(0))
    store.keep("a", b"shared", at(0))
    store.spool("a", b"waits", at(0))
    store.keep("a", b"new", at(100))
    store.keep("b", b"shared", at(0))
    for path in files(store):
        os.utime(path, (0, 0))
    assert store.forget("a", before=at(50)) == 2
    assert [content for *_, content in store.between("a")] == [b"waits", b"new"]
    assert [content for *_, content in store.between("b")] == [b"shared"]
    assert len(files(store)) == 3


def test_retention_leaves_files_that_are_about_to_get_their_receipt(tmp_path):
    store = RawStore(tmp_path)
    store.keep("a", b"x", at(0))
    young = tmp_path / "raw" / "ab" / "young.gz"
    young.parent.mkdir(exist_ok=True)
    young.write_bytes(b"")
    store.forget("a", before=at(50))
    assert young.is_file()


def test_many_writers_lose_nothing(tmp_path):
    def write(name):
        store = RawStore(tmp_path)
        for number in range(10):
            store.keep(name, b"%d" % number, at(number))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = RawStore(tmp_path)
    assert all(len(list(store.between(name))) == 10 for name in "abcd")
    assert len(files(store)) == 10


FILL = """
import resource, sys
import pandas as pd
from twin.errors import DeviceError
from twin.feeds.raw_store import RawStore
store = RawStore(sys.argv[1])
store.keep("a", b"small", pd.Timestamp("2026-11-20T12:00Z"))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    store.keep("a", __import__("random").Random(1).randbytes(3_000_000), pd.Timestamp.now("UTC"))
except DeviceError as error:
    print("refused", str(error).count(chr(10)))
"""


@pytest.mark.parametrize("room", [100_000, 0])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, room):
    """R-10, the side of the raw spool: one error, and all that was there is whole."""
    words = [sys.executable, "-c", FILL, str(tmp_path), str(room)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "refused 0\n"
    store = RawStore(tmp_path)
    assert [content for *_, content in store.between("a")] == [b"small"]
    assert len(files(store)) == 1
    store.keep("a", b"again", at(1))
    assert len(list(store.between("a"))) == 2


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "feeds.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="no database of feeds"):
        RawStore(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="cannot be used"):
        RawStore(tmp_path / "file")
