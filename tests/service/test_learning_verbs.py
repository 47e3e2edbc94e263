"""Parameter sets on disk: the gate, the rollback bit for bit, who and when and why."""

import json
import threading

import pandas as pd
import pytest

from hydrology.forecast.parameter_sets import AS_THE_CITY_SAYS, ParameterSet
from service import engine
from service.learning.hindcasts import find_events, split_events
from service.learning.parameter_store import ParameterStore
from twin.errors import InputError, MissingError


def proposal(parent, accepted=True, factor=0.6, reasons=("saves 0.1 % of the CRPS",)):
    def propose(version):
        verdict = {"accepted": accepted, "reasons": [] if accepted else list(reasons)}
        about = {"verdict": verdict, "learned_from": ["a"], "held_out": ["b"]}
        return ParameterSet(version, {"drain_capacity": factor}, parent.digest, about)

    return propose


@pytest.fixture
def store(tmp_path):
    return ParameterStore(tmp_path)


def test_nothing_learned_is_version_zero(store):
    assert store.in_force() is AS_THE_CITY_SAYS
    assert store.versions() == [0]
    assert not store.folder.exists()


def test_a_set_in_shadow_changes_nothing(store):
    made = store.keep(proposal(AS_THE_CITY_SAYS))
    assert made.version == 1
    assert store.in_force().version == 0
    assert store.open(1).document == made.document


def test_a_set_that_does_not_beat_the_one_in_force_is_rejected_with_the_numbers(store):
    """X-09"""
    store.keep(proposal(AS_THE_CITY_SAYS, accepted=False))
    with pytest.raises(InputError, match=r"saves 0.1 % of the CRPS"):
        store.adopt(1, who="operator", why="hope")
    assert store.in_force().version == 0
    assert store.history() == []


def test_rollback_restores_bit_for_bit(store):
    """X-09"""
    first = store.keep(proposal(AS_THE_CITY_SAYS, factor=0.1 + 0.2))
    store.adopt(1, who="operator", why="better")
    before = store.in_force().document
    second = store.keep(proposal(first, factor=0.7))
    store.adopt(2, who="operator", why="better still")
    assert store.in_force().document == second.document != before
    store.roll_back(1, who="commander", why="drains were cleaned")
    assert store.in_force().document == before == first.document
    store.roll_back(0, who="commander", why="begin anew")
    assert store.in_force() is AS_THE_CITY_SAYS
    told = [(entry["action"], entry["version"], entry["who"]) for entry in store.history()]
    assert told == [
        ("adopt", 1, "operator"),
        ("adopt", 2, "operator"),
        ("rollback", 1, "commander"),
        ("rollback", 0, "commander"),
    ]
    assert all(entry["when"].endswith("Z") and entry["why"] for entry in store.history())


def test_a_set_compared_with_another_one_is_not_taken_over(store):
    store.keep(proposal(AS_THE_CITY_SAYS, factor=0.5))
    store.keep(proposal(AS_THE_CITY_SAYS, factor=0.6))
    store.adopt(1, who="operator", why="better")
    with pytest.raises(InputError, match="was not compared with 1"):
        store.adopt(2, who="operator", why="better")


def test_only_what_was_in_force_can_be_rolled_back_to(store):
    store.keep(proposal(AS_THE_CITY_SAYS))
    with pytest.raises(InputError, match="never was"):
        store.roll_back(1, who="operator", why="a way around the gate")
    with pytest.raises(InputError, match="in force now"):
        store.roll_back(0, who="operator", why="again")


def test_a_change_needs_a_name_and_a_reason(store):
    store.keep(proposal(AS_THE_CITY_SAYS))
    for who, why in (("", "better"), ("operator", " "), ("operator", "x" * 501)):
        with pytest.raises(InputError, match="say it"):
            store.adopt(1, who=who, why=why)
    assert store.history() == []


def test_a_version_that_was_changed_on_disk_is_refused(store):
    made = store.keep(proposal(AS_THE_CITY_SAYS, factor=0.5))
    store.adopt(1, who="operator", why="better")
    path = store.folder / "000001.json"
    path.write_bytes(made.document.replace(b"0.5", b"0.9"))
    with pytest.raises(InputError, match="restore"):
        store.in_force()
    path.write_bytes(made.document + b" ")
    with pytest.raises(InputError, match="restore"):
        store.in_force()


def test_a_history_that_cannot_be_read_is_no_empty_one(store):
    store.keep(proposal(AS_THE_CITY_SAYS))
    store.adopt(1, who="operator", why="better")
    (store.folder / "history.json").write_text("[{")
    with pytest.raises(InputError, match="history"):
        store.in_force()


def test_a_version_is_never_written_twice(store):
    """Two at once get two numbers, and no file of a version is ever replaced."""
    threads = [
        threading.Thread(target=store.keep, args=(proposal(AS_THE_CITY_SAYS, factor=0.1 * n),))
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.versions() == list(range(9))
    assert len({store.open(number).digest for number in range(1, 9)}) == 8
    assert [path.name for path in store.folder.glob(".*")] == [".lock"]


def test_a_proposal_that_fails_leaves_nothing(store):
    def fail(_version):
        raise InputError("no")

    with pytest.raises(InputError):
        store.keep(fail)
    assert store.versions() == [0]


def rain(*spells):
    """Readings of two gauges: `spells` of begin, steps of 10 min and rate [mm/h]."""
    rows = []
    for begin, steps, rate in spells:
        for moment in pd.date_range(begin, periods=steps, freq="10min", tz="UTC"):
            rows += [(name, moment, rate / 3.6e6) for name in ("R1", "R2")]
    return pd.DataFrame(rows, columns=["station_id", "phenomenon_time", "value"])


def test_spells_of_rain_are_events():
    readings = rain(
        ("2024-06-01T00:00", 12, 30.0),
        ("2024-06-01T05:00", 6, 30.0),  # three hours later: the same event
        ("2024-06-03T00:00", 6, 1.0),  # a drizzle
        ("2024-06-09T00:00", 12, 60.0),
    )
    events = find_events(readings)
    assert [event.name for event in events] == ["2024-06-01T00:00:00Z", "2024-06-09T00:00:00Z"]
    assert events[0].rain == pytest.approx(0.09)
    assert find_events(readings[:0]) == []


def test_the_later_events_are_held_out():
    events = find_events(rain(*((f"2024-06-0{day}", 6, 60.0) for day in range(1, 8))))
    training, held_out = split_events(events)
    assert (len(training), len(held_out)) == (5, 2)
    assert max(event.end for event in training) < min(event.start for event in held_out)
    with pytest.raises(MissingError, match="at least 2"):
        split_events(events[:1])


def test_the_command_line_lists_and_refuses(bowl, tmp_path, refused):
    import shutil

    city = tmp_path / "bowl"
    shutil.copytree(bowl, city)
    assert engine.learn_list(city=city)["in_force"] == 0
    assert "nothing was learned" in refused("learn", "rollback", city, 0, "--why", "x")
    store = ParameterStore(city)
    store.keep(proposal(AS_THE_CITY_SAYS, accepted=False))
    assert "does not beat" in refused("learn", "adopt", city, 1, "--why", "hope")
    assert "no parameter set 7" in refused("learn", "rollback", city, 7, "--why", "x", "--json")
    store.keep(proposal(AS_THE_CITY_SAYS))
    entry = engine.learn_adopt(city=city, version=2, why="better", who="operator")
    assert json.loads(json.dumps(entry))["version"] == 2
    listed = engine.learn_list(city=city)
    assert [one["state"] for one in listed["sets"]] == ["shadow", "shadow", "in force"]


def test_learning_needs_two_events(bowl, bowl_store, refused):
    assert "at least 2" in refused("learn", "shadow", bowl, "--store", bowl_store)
