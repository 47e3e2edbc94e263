"""Folders that take the place of others: there is always one to be read."""

import itertools
import os
import threading
import time

import pytest

from twin import exchange
from twin.city_writer import _publish
from twin.exchange import put_in_place


def folder_of(path, text):
    path.mkdir()
    (path / "text").write_text(text)
    return path


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_new_folder_lies_in_place_and_the_old_one_aside(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(exchange, "_exchanged", lambda *_: False)
    for text in ("first", "second", "third"):
        put_in_place(folder_of(tmp_path / "aside", text), tmp_path / "place", tmp_path / "old")
        assert (tmp_path / "place" / "text").read_text() == text
        assert not (tmp_path / "aside").exists()
        (tmp_path / "old").exists() and (tmp_path / "old").rename(tmp_path / f"before-{text}")
    assert (tmp_path / "before-third" / "text").read_text() == "second"


def test_what_cannot_be_leaves_the_old_folder(tmp_path):
    place = folder_of(tmp_path / "place", "first")
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "none", place, tmp_path / "old")
    assert (place / "text").read_text() == "first"


def test_a_reader_never_finds_nothing(tmp_path):
    one, other = folder_of(tmp_path / "one", "1"), folder_of(tmp_path / "other", "2")
    if not exchange._exchanged(one, other):
        pytest.skip("this file system cannot exchange two names")
    place = folder_of(tmp_path / "place", "0")
    ended, missed, reads = threading.Event(), [], itertools.count()

    def read():
        while not ended.is_set():
            if not place.exists():
                missed.append(next(reads))
            next(reads)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(500):
            put_in_place(folder_of(tmp_path / "aside", "x"), place, tmp_path / f"old-{number}")
    finally:
        ended.set()
        reader.join()
    assert missed == []
    assert next(reads) > 0


def test_what_a_killed_import_left_beside_a_city_goes_after_a_day(tmp_path):
    city = folder_of(tmp_path / "town", "city")
    names = (".town.0123abcd.partial", ".town.0123abcd.old", ".town.4567abcd.partial", ".town.txt")
    for name in names:
        folder_of(tmp_path / name, "left")
    for name in (*names[:2], names[3]):
        os.utime(tmp_path / name, (time.time() - 2 * 86400,) * 2)
    _publish(folder_of(tmp_path / ".town.89ab89ab.partial", "new"), city)
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[2], names[3], "town"]
    assert (city / "text").read_text() == "new"
