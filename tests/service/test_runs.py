"""Runs: published whole or not at all, whoever else writes at the same time."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from service.runs import RunStore
from twin.errors import InputError, MissingError

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = {"kind": "simulate", "products": {"map": "map.png"}}
WRITE_FOR_EVER = """
import sys, time
from service.runs import RunStore
run = RunStore(sys.argv[1]).new_run()
(run.folder / "map.png").write_bytes(b"half a pic")
print("writing", flush=True)
time.sleep(60)
"""


def publish(store, content=b"picture"):
    with store.new_run() as run:
        (run.folder / "map.png").write_bytes(content)
        return run.publish(MANIFEST)


def hidden(folder):
    return [path.name for path in Path(folder).glob(".*")]


def test_a_published_run_is_the_latest(tmp_path):
    store = RunStore(tmp_path)
    first, second = publish(store), publish(store)
    assert [run.run_id for run in store.list()] == [second.run_id, first.run_id]
    assert store.open("latest").run_id == second.run_id
    assert store.open(first.run_id).manifest == first.manifest
    assert (tmp_path / "latest").read_text().strip() == second.run_id
    assert hidden(tmp_path) == []


def test_every_product_has_its_hash_in_the_manifest(tmp_path):
    run = publish(RunStore(tmp_path))
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    digest = hashlib.sha256(b"picture").hexdigest()
    assert manifest["files"]["map.png"] == {"sha256": digest, "bytes": 7}
    assert run.path("map").read_bytes() == b"picture"


def test_a_folder_as_product_is_hashed_as_a_whole(tmp_path):
    store, digests = RunStore(tmp_path), []
    for content in (b"1", b"2"):
        with store.new_run() as run:
            (run.folder / "flood.zarr" / "c").mkdir(parents=True)
            (run.folder / "flood.zarr" / "c" / "0").write_bytes(content)
            done = run.publish({"products": {"flood": "flood.zarr"}})
        digests.append(done.manifest["files"]["flood.zarr"]["sha256"])
    assert digests[0] != digests[1]


def test_a_product_of_another_run_is_missing(tmp_path):
    with pytest.raises(MissingError, match="no product 'probability', expected one of map"):
        publish(RunStore(tmp_path)).path("probability")


@pytest.mark.parametrize("name", ["absent.tif", "empty.tif", "../outside.tif"])
def test_a_product_that_was_not_written_stops_the_publishing(tmp_path, name):
    (tmp_path / "outside.tif").write_bytes(b"x")
    store = RunStore(tmp_path)
    with pytest.raises(MissingError, match="was not written"), store.new_run() as run:
        (run.folder / "empty.tif").touch()
        run.publish({"products": {"maxima": name}})
    assert store.list() == []
    assert hidden(tmp_path) == []


def test_an_exception_leaves_nothing(tmp_path):
    store = RunStore(tmp_path)
    with pytest.raises(KeyboardInterrupt), store.new_run() as run:
        (run.folder / "map.png").write_bytes(b"x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "run_id", ["..", "../secret", "/etc", "", ".", "20261120T120000Z-1a2b3c4d", "a\0b", "x" * 5000]
)
def test_hostile_and_unknown_ids_are_missing(tmp_path, run_id):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "manifest.json").write_text("{}")
    store = RunStore(tmp_path / "runs")
    publish(store)
    with pytest.raises(MissingError, match="no run"):
        store.open(run_id)


def test_no_run_at_all_says_what_to_do(tmp_path):
    with pytest.raises(MissingError, match="floodtwin simulate"):
        RunStore(tmp_path / "none").open("latest")
    assert RunStore(tmp_path / "none").list() == []


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(InputError, match="cannot hold runs"):
        RunStore(tmp_path / "runs").new_run()


def test_many_publishers_at_once_lose_no_run_and_readers_see_whole_ones(tmp_path):
    store, done = RunStore(tmp_path), threading.Event()
    published, broken = [], []

    def read():
        while not done.is_set():
            broken.extend(run for run in store.list() if not run.path("map").is_file())

    writers = [
        threading.Thread(target=lambda: published.extend(publish(store) for _ in range(10)))
        for _ in range(4)
    ]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert broken == []
    assert {run.run_id for run in store.list()} == {run.run_id for run in published}
    assert len(published) == 40
    assert store.open("latest").run_id == max(run.run_id for run in published)


def test_a_killed_writer_leaves_no_visible_run(tmp_path):
    publish(RunStore(tmp_path))
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout.readline() == b"writing\n"
    assert len(hidden(tmp_path)) == 1
    publish(RunStore(tmp_path))
    assert len(hidden(tmp_path)) == 1, "a living writer is left alone"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert len(RunStore(tmp_path).list()) == 2
    publish(RunStore(tmp_path))
    assert hidden(tmp_path) == []
    assert len(RunStore(tmp_path).list()) == 3


def test_leftovers_of_another_machine_go_after_a_day(tmp_path):
    young = tmp_path / ".20261120T120000Z-1a2b3c4d.1.elsewhere.part"
    old = tmp_path / ".20261119T120000Z-1a2b3c4d.1.elsewhere.part"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    publish(RunStore(tmp_path))
    assert hidden(tmp_path) == [young.name]


def test_a_lost_pointer_is_no_lost_run(tmp_path):
    store = RunStore(tmp_path)
    run = publish(store)
    (tmp_path / "latest").unlink()
    assert store.open("latest").run_id == run.run_id


@pytest.mark.parametrize("broken", ["{ha", "[]", "{}", "\xff", "[" * 100_000])
def test_a_run_that_cannot_be_read_hides_no_other(tmp_path, caplog, broken):
    store = RunStore(tmp_path)
    runs = [publish(store) for _ in range(3)]
    for run in runs[1:]:
        (run.folder / "manifest.json").write_text(broken, encoding="latin-1")
    assert [run.run_id for run in store.list()] == [runs[0].run_id]
    assert store.open("latest").run_id == runs[0].run_id
    assert runs[2].run_id in caplog.text
    with pytest.raises(MissingError, match=r"no readable manifest\.json"):
        store.open(runs[2].run_id)


def test_a_store_without_a_readable_run_says_so(tmp_path):
    (publish(RunStore(tmp_path)).folder / "manifest.json").unlink()
    assert RunStore(tmp_path).list() == []
    with pytest.raises(MissingError, match=r"no readable manifest\.json"):
        RunStore(tmp_path).open("latest")


def test_folders_made_for_a_run_that_failed_go_with_it(tmp_path):
    (tmp_path / "mine").mkdir()
    for place in ("mine/runs/town", "mine"):
        with pytest.raises(KeyboardInterrupt), RunStore(tmp_path / place).new_run():
            raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_run_that_takes_days_is_left_alone_and_what_was_left_aside_goes(tmp_path):
    store, old = RunStore(tmp_path), (time.time() - 2 * 86400,) * 2
    note = tmp_path / ".20261119T120000Z-1a2b3c4d.late_data.json.1a2b3c4d"
    state = tmp_path / ".analysis-0123456789abcdef.1a2b3c4d.old"
    fresh = tmp_path / ".analysis-0123456789abcdef.5e6f7a8b"
    note.write_text("{")
    state.mkdir()
    fresh.mkdir()
    for path in (note, state):
        os.utime(path, old)
    (tmp_path / ".latest.0123456789abcdef").write_text("half")
    with store.new_run() as slow:
        os.utime(slow.folder, old)
        publish(store)
        assert set(hidden(tmp_path)) == {slow.folder.name, fresh.name}
