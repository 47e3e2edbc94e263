"""A publisher that is killed: readers see the old run or the new one, never a mixture."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from service.runs import RunStore

ROOT = Path(__file__).resolve().parents[2]

PUBLISH_FOR_EVER = """
import sys
from datetime import datetime, timedelta
from service.runs import RunStore
store = RunStore(sys.argv[1])
start, number = datetime(2026, 6, 9), int(sys.argv[2])
while True:
    number += 1
    content = str(number).encode() * 2000
    with store.new_run() as run:
        (run.folder / "depths.bin").write_bytes(content)
        (run.folder / "map.png").write_bytes(content)
        issue = (start + timedelta(minutes=number)).isoformat() + "Z"
        run.publish({"kind": "forecast", "issue_time": issue,
                     "products": {"depths": "depths.bin", "map": "map.png"}})
    if number % 10 == 0:
        print(number, flush=True)
"""


def read_current(store):
    """Issue time of the current run, after a check that all of it belongs together."""
    run = store.open("current")
    contents = {run.path(name).read_bytes() for name in ("depths", "map")}
    assert len(contents) == 1
    digest = hashlib.sha256(contents.pop()).hexdigest()
    assert {entry["sha256"] for entry in run.manifest["files"].values()} == {digest}
    return run.manifest["issue_time"]


def test_a_reader_sees_the_old_run_or_the_new_one_whenever_the_publisher_is_killed(tmp_path):
    """R-09: the publisher is killed ten times amid 1,000 publications."""
    store, chance = RunStore(tmp_path), random.Random(5)
    seen, number = [], 0
    for _ in range(10):
        child = subprocess.Popen(
            [sys.executable, "-c", PUBLISH_FOR_EVER, str(tmp_path), str(number)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        goal = number + 100
        while number < goal:
            number = int(child.stdout.readline())
            seen.append(read_current(store))
        time.sleep(chance.uniform(0, 0.02))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        seen.append(read_current(store))
        number = max(number, len(store.list()))
    assert seen == sorted(seen), "the current run never goes back"
    assert len(list(store.recent())) >= 1000
    with store.new_run():
        assert len(list(tmp_path.glob(".*.part"))) == 1, "what was half written is gone"
