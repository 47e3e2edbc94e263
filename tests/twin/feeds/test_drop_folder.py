"""Dropped files: waited for while they grow, taken once, moved aside with the reason."""

import os
import time

import pytest

from twin.errors import DeviceError, InputError
from twin.feeds.drop_folder import ChangedFile, dropped_files, passed_over

LONG_AGO = 3600.0


def drop(folder, name="a.csv", content=b"station_id,time\nS1,now\n", age=LONG_AGO):
    file = folder / name
    file.write_bytes(content)
    stamp = time.time() - age
    os.utime(file, (stamp, stamp))
    return file


def names(folder, **more):
    return [one.name for one in dropped_files(folder, 1000, **more)]


def test_files_come_oldest_first(tmp_path):
    for name, age in (("b.csv", 300), ("a.csv", 200), ("c.CSV", 400)):
        drop(tmp_path, name, age=age)
    assert names(tmp_path) == ["c.CSV", "b.csv", "a.csv"]


def test_a_file_that_is_being_written_is_waited_for(tmp_path):
    file = drop(tmp_path, age=0)
    assert names(tmp_path) == []
    assert names(tmp_path, now=file.stat().st_mtime + 6) == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"station_id,time\nS1,2026-05-0"),
        ("a.parquet", b"PAR1" + bytes(100)),
        ("a.csv", b""),
        ("a.json", b'{"records": [1, 2'),
        ("a.xml", b"<alert><info>"),
        ("a.h5", b"\x89HDF and no sign of an end"),
    ],
)
def test_a_file_without_an_end_is_waited_for_one_minute(tmp_path, name, content):
    drop(tmp_path, name, content, age=30)
    assert names(tmp_path) == []
    drop(tmp_path, name, content, age=61)
    assert names(tmp_path) == [name]


def test_a_whole_parquet_file_is_not_waited_for(tmp_path):
    drop(tmp_path, "a.parquet", b"PAR1" + bytes(100) + b"PAR1", age=6)
    assert names(tmp_path) == ["a.parquet"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", b'{"a": 1}\n\n'), ("b.GEOJSON", b"[]")],
)
def test_an_answer_as_a_source_sends_it_is_taken_too(tmp_path, name, content):
    drop(tmp_path, name, content, age=6)
    assert names(tmp_path) == [name]
    assert passed_over(tmp_path) == []


def test_what_is_passed_over_is_named(tmp_path):
    for name in ("a.csv", "b.json", "n.txt", "a.zip", ".hidden", "c.csv.part", "d~", "e.tmp"):
        drop(tmp_path, name)
    (tmp_path / "taken").mkdir()
    assert passed_over(tmp_path) == ["a.zip", "n.txt"]
    with pytest.raises(DeviceError, match="create it"):
        passed_over(tmp_path / "nowhere")


def test_what_is_not_for_us_stays_where_it_is(tmp_path):
    for name in ("a.csv.part", ".a.csv", "a.txt", "a.parquet.tmp"):
        drop(tmp_path, name)
    (tmp_path / "folder.csv").mkdir()
    assert names(tmp_path) == []


def test_a_file_is_taken_once(tmp_path):
    drop(tmp_path)
    [file] = dropped_files(tmp_path, 1000)
    assert file.content().startswith(b"station_id")
    file.accept()
    assert names(tmp_path) == []
    assert (tmp_path / "taken" / "a.csv").is_file()


def test_a_later_file_of_the_same_name_does_not_replace_the_first(tmp_path):
    for content in (b"1\n", b"2\n"):
        drop(tmp_path, content=content)
        dropped_files(tmp_path, 1000)[0].accept()
    kept = {file.name: file.read_bytes() for file in (tmp_path / "taken").iterdir()}
    assert kept == {"a.csv": b"1\n", "2-a.csv": b"2\n"}


def test_a_refused_file_lies_aside_with_the_reason(tmp_path):
    drop(tmp_path)
    [file] = dropped_files(tmp_path, 1000)
    file.refuse(InputError("no column time"))
    assert names(tmp_path) == []
    assert (tmp_path / "refused" / "a.csv").is_file()
    assert (tmp_path / "refused" / "a.csv.reason.txt").read_text() == "no column time\n"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    """D-16"""
    drop(tmp_path, content=b"x" * 1001 + b"\n")
    with pytest.raises(InputError, match="split it"):
        dropped_files(tmp_path, 1000)[0].content()


def test_a_link_is_not_followed(tmp_path):
    secret = drop(tmp_path, "secret.txt")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").symlink_to(secret)
    [file] = dropped_files(inbox, 1000, now=time.time() + LONG_AGO)
    with pytest.raises(InputError, match="no plain file"):
        file.content()
    file.refuse("a link")
    assert secret.is_file()
    assert names(inbox) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DeviceError, match="create it"):
        dropped_files(tmp_path / "nowhere", 1000)


def test_what_a_sender_puts_in_the_place_of_a_file_is_not_taken_unread(tmp_path):
    """Senders overwrite a file of one name again and again."""
    drop(tmp_path, content=b"1\n")
    [file] = dropped_files(tmp_path, 1000)
    assert file.content() == b"1\n"
    drop(tmp_path, "new", content=b"2\n", age=60)
    (tmp_path / "new").replace(tmp_path / "a.csv")
    file.accept()
    assert list((tmp_path / "taken").iterdir()) == []
    [later] = dropped_files(tmp_path, 1000)
    assert later.content() == b"2\n"
    later.accept()
    assert names(tmp_path) == []


def test_what_is_appended_to_a_file_after_it_was_read_is_read_too(tmp_path):
    place = drop(tmp_path, content=b"1\n")
    [file] = dropped_files(tmp_path, 1000)
    file.content()
    drop(tmp_path, content=b"1\n2\n", age=60)
    file.refuse("half of it")
    assert [one.read_bytes() for one in tmp_path.glob("*.csv")] == [b"1\n2\n"]
    assert place.is_file()


def test_a_file_that_changed_since_the_folder_was_listed_is_not_read(tmp_path):
    drop(tmp_path, content=b"1\n")
    [file] = dropped_files(tmp_path, 1000)
    drop(tmp_path, content=b"1\n2", age=60)
    with pytest.raises(ChangedFile, match="look again"):
        file.content()


def test_of_two_who_take_a_file_the_later_one_finds_nothing_to_do(tmp_path):
    drop(tmp_path)
    [file], [other] = (dropped_files(tmp_path, 1000) for _ in range(2))
    file.content()
    other.content()
    other.accept()
    file.accept()
    file.refuse("late")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["a.csv"]
    assert list((tmp_path / "refused").iterdir()) == []
    with pytest.raises(ChangedFile):
        file.content()
