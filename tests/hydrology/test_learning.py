"""Learning: what events tell is found, what they do not is left alone, and the gate holds."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from hydrology.forecast.parameter_sets import AS_THE_CITY_SAYS, ParameterSet
from hydrology.learning import propose, search_factors, start_from_posteriors
from hydrology.skill_gate import judge, plain_verdict
from twin.errors import InputError

DISTRICTS = {"P1": "West", "P2": "West", "P3": "East", "P4": "East"}


def scores_of(error, events=("one", "two"), noise=0.0, seed=0):
    """A table of scores whose CRPS is `error(district, event)` with a common noise."""
    generator = np.random.default_rng(seed)
    rows = [
        {
            "event": event,
            "issue_time": issue,
            "place": place,
            "district": district,
            "lead_minutes": lead,
            "crps": error(district, event) + noise * generator.random(),
        }
        for event, issue, (place, district), lead in itertools.product(
            events, range(4), DISTRICTS.items(), (10, 20, 30, 40)
        )
    ]
    return pd.DataFrame(rows)


def cut(table, share):
    """The same cases with that share of their CRPS, a little more or less in each."""
    luck = np.random.default_rng(9).uniform(0.99, 1.01, len(table))
    return table.assign(crps=share * luck * table["crps"])


def hindcast(truth):
    """A city whose CRPS grows with the distance of the factors from the true ones."""

    def evaluate(factors):
        def error(district, _event):
            total = 0.05
            for name, value in truth.items():
                tried = factors.get(name, 1.0)
                if isinstance(tried, dict):
                    tried = tried.get(district, tried.get("*", 1.0))
                true = value[district] if isinstance(value, dict) else value
                total += abs(math.log(tried / true))
            return total

        return scores_of(error, noise=0.01)

    return evaluate


def test_factors_that_events_tell_apart_are_found():
    found = search_factors(hindcast({"drain_capacity": 0.5, "rainfall": 1.3}))
    assert found.factors["drain_capacity"] == pytest.approx(0.5, rel=0.1)
    assert found.factors["rainfall"] == pytest.approx(1.3, rel=0.1)
    assert found.score < 0.4 * found.first_score
    assert found.runs <= 40
    assert len(found.path) == found.runs


def test_factors_that_no_event_tells_of_stay_as_they_are():
    found = search_factors(hindcast({"drain_capacity": 0.5}))
    assert found.factors.keys() == {"drain_capacity"}


def test_districts_that_differ_are_learned_from_the_same_runs():
    truth = {"drain_capacity": {"West": 0.4, "East": 1.6}}
    one = search_factors(hindcast(truth), names=("drain_capacity",))
    many = search_factors(hindcast(truth), names=("drain_capacity",), by_district=True)
    assert many.score < 0.5 * one.score
    learned = ParameterSet(1, many.factors)
    assert learned.factor("drain_capacity", "West") == pytest.approx(0.4, rel=0.15)
    assert learned.factor("drain_capacity", "East") == pytest.approx(1.6, rel=0.15)


def test_no_more_runs_are_made_than_allowed():
    assert search_factors(hindcast({"drain_capacity": 0.1}), most_runs=5).runs == 5


def test_factors_stay_within_what_is_believed():
    found = search_factors(hindcast({"rainfall": 100.0}))
    assert found.factors["rainfall"] == 5.0
    ParameterSet(1, found.factors)


def test_a_better_set_is_accepted():
    old = scores_of(lambda _d, _e: 0.10, noise=0.02, seed=1)
    verdict = judge(cut(old, 0.8), old)
    assert verdict.accepted
    assert verdict.gain == pytest.approx(0.2, abs=0.005)
    assert verdict.low > 0
    assert verdict.reasons == ()
    assert (verdict.cases, verdict.blocks_of) == (128, "runs")


@pytest.mark.parametrize("factor", [1.0, 1.2, 0.99])
def test_a_set_that_does_not_beat_the_one_in_force_is_rejected(factor):
    """X-09"""
    old = scores_of(lambda _d, _e: 0.10, noise=0.02, seed=1)
    verdict = judge(old.assign(crps=factor * old["crps"]), old)
    assert not verdict.accepted
    assert "expected 2.0 %" in verdict.reasons[0]
    assert plain_verdict(verdict)["gain"] == pytest.approx(1 - factor)


def test_a_gain_that_may_be_chance_is_rejected():
    """X-09"""
    old = scores_of(lambda _d, _e: 0.10)
    luck = np.random.default_rng(3).normal(0.95, 1.0, 8)
    runs = old.groupby(["event", "issue_time"]).ngroup()
    new = old.assign(crps=old["crps"] * luck[runs])
    assert new["crps"].mean() < 0.98 * old["crps"].mean()
    verdict = judge(new, old, most_harm=10.0)
    assert not verdict.accepted
    assert "may do no good" in " ".join(verdict.reasons)


def test_a_gain_that_one_of_many_tries_may_have_by_chance_is_rejected():
    """X-09"""
    old = scores_of(lambda _d, _e: 0.10)
    luck = np.random.default_rng(4).normal(0.9, 0.15, 8)
    runs = old.groupby(["event", "issue_time"]).ngroup()
    new = old.assign(crps=old["crps"] * luck[runs])
    first, hundredth = (judge(new, old, tries=tries, most_harm=10.0) for tries in (1, 100))
    assert first.accepted
    assert (first.gain, first.tries) == (hundredth.gain, 1)
    assert hundredth.low < first.low
    assert not hundredth.accepted
    assert hundredth.tries == 100


def test_a_gain_in_the_mean_that_harms_one_event_is_rejected():
    """X-09"""
    old = scores_of(lambda _d, _e: 0.10, events=("a", "b", "c", "d", "e", "f"))
    worse = old["event"] == "f"
    harm = old["crps"] * np.where(worse, 1.1, cut(old, 0.7)["crps"] / old["crps"])
    verdict = judge(old.assign(crps=harm), old)
    assert not verdict.accepted
    assert verdict.reasons == ("makes f worse by 10.0 %",)
    assert verdict.blocks_of == "events"


def test_too_few_places_are_no_ground_to_change_a_city():
    old = scores_of(lambda _d, _e: 0.10, events=("one",))
    old = old[(old["issue_time"] == 0) & (old["place"] == "P1")]
    verdict = judge(old.assign(crps=0.05), old)
    assert not verdict.accepted
    assert "too few" in verdict.reasons[0]


def test_only_the_same_cases_are_compared():
    old = scores_of(lambda _d, _e: 0.10)
    with pytest.raises(InputError, match="no case in common"):
        judge(old.assign(event=old["event"] + " more"), old)
    with pytest.raises(InputError, match="twice"):
        judge(pd.concat([old, old]), old)
    half = old.iloc[::2].assign(crps=0.05)
    assert judge(half, old).cases == len(half)


def test_a_score_that_is_none_is_refused():
    old = scores_of(lambda _d, _e: 0.10)
    with pytest.raises(InputError, match="CRPS"):
        judge(old.assign(crps=np.nan), old)


def test_a_proposal_tells_what_it_rests_on():
    old = scores_of(lambda _d, _e: 0.10, noise=0.01)
    found = search_factors(hindcast({"drain_capacity": 0.5}))
    about = {
        "version": 4,
        "learned_from": ["b", "a"],
        "held_out": ["c"],
        "verdict": judge(cut(old, 0.5), old),
        "made": "2024-06-10T00:00:00Z",
        "method": "pattern search",
    }
    made = propose(found, AS_THE_CITY_SAYS, **about)
    assert made.parent == AS_THE_CITY_SAYS.digest
    assert made.provenance["learned_from"] == ["a", "b"]
    assert made.provenance["verdict"]["accepted"] is True
    with pytest.raises(InputError, match="held out"):
        propose(found, AS_THE_CITY_SAYS, **{**about, "held_out": ["a"]})


def test_posteriors_are_weighted_by_how_sure_they_are():
    summaries = [
        {"drain_capacity": {"factor": 0.5, "spread": 0.1}},
        {"drain_capacity": {"factor": 2.0, "spread": 1.0}},
        {"drain_capacity": {"factor": 9.0, "spread": 0.0}},
    ]
    start = start_from_posteriors(summaries, {"drain_capacity": 1.0, "losses": 1.5})
    expected = math.exp((math.log(0.5) * 100 + math.log(2.0)) / 101)
    assert start["drain_capacity"] == pytest.approx(expected)
    assert start["losses"] == 1.5
