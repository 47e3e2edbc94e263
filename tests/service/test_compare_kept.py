"""A comparison of two runs is made once, from layers that are read once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import small_city
from fastapi.testclient import TestClient

from service.web.api import create_app


@pytest.fixture
def api(tmp_path):
    small_city.build(tmp_path)
    return TestClient(create_app(tmp_path))


def compared(api, base, other):
    query = {"base": base, "other": other}
    answer = api.get(f"/api/cities/{small_city.CITY}/compare", params=query)
    assert answer.status_code == 200
    return answer


def test_a_comparison_is_kept_and_layers_are_read_once(api, tmp_path):
    """What is on the disk is not read again: neither for this pair of runs nor for another."""
    runs = [run["run_id"] for run in api.get(f"/api/cities/{small_city.CITY}/runs").json()]
    first = compared(api, *runs)
    layers = list((tmp_path / "cities" / small_city.CITY).rglob("*.parquet"))
    assert layers
    for path in layers:
        path.unlink()
    assert compared(api, *runs).content == first.content
    back = compared(api, *reversed(runs)).json()["headline"]["flooded_area_m2"]
    assert back["difference"] == -first.json()["headline"]["flooded_area_m2"]["difference"]


def test_many_who_ask_for_one_comparison_get_one_answer(api):
    runs = [run["run_id"] for run in api.get(f"/api/cities/{small_city.CITY}/runs").json()]
    with ThreadPoolExecutor(4) as askers:
        answers = list(askers.map(lambda _: compared(api, *runs).content, range(4)))
    assert len(set(answers)) == 1
