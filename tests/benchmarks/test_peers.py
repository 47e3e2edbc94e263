"""Peers: none is needed, what is missing or fails is told, what runs is counted in its steps."""

import json
import time

import pytest

from benchmarks import peer_runs
from benchmarks.peers import PEERS, Peer, measure_peers

NOBODY = Peer("nobody", "no_such_solver", (3, 11), 400, "float32", "inertial", 1, None)


def silent(_text):
    """Say nothing."""


def test_a_peer_that_is_not_here_is_told_with_its_reason():
    later = NOBODY._replace(name="later", python=(99, 0))
    rows, skipped = measure_peers(400, silent, (NOBODY, later))
    assert rows == []
    assert skipped[0]["name"] == "nobody"
    assert "floodtwin[peers]" in skipped[0]["reason"]
    assert "needs Python 99.0" in skipped[1]["reason"]


def test_a_peer_that_fails_takes_nothing_down_with_it():
    rows, skipped = measure_peers(400, silent, (NOBODY._replace(module="json"),))
    assert rows == []
    assert "KeyError: 'nobody'" in skipped[0]["reason"]


def test_every_peer_can_be_prepared():
    assert {peer.name for peer in PEERS} == set(peer_runs.RUNS)


def test_the_steps_that_a_peer_says_it_took_are_counted():
    def step():
        time.sleep(0.01)
        return 10

    mcups = peer_runs.fastest(1000, step, tries=2, try_seconds=0.05)
    assert 0 < mcups <= 1000 * 10 / 0.01 / 1e6


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_that_is_installed_runs(peer, tmp_path, monkeypatch):
    pytest.importorskip(peer.module)
    monkeypatch.setattr(peer_runs.fastest, "__defaults__", (1, 0.01))
    peer_runs.main([peer.name, "3600", str(tmp_path / "answer.json")])
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["cells"] == 3600
    assert answer["mcups"] > 0
