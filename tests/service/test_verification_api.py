"""The verification over HTTP: empty until it was made, then as it was written."""

import json

import pytest
import small_city
from fastapi.testclient import TestClient
from town_server import town_data  # noqa: F401

from service.web.api import create_app

ROW = {
    "against": "sensors", "score": "csi", "horizon": "all", "value": 0.5, "low": None, "high": None,
    "cases": 12, "blocks": 3, "blocks_of": "runs", "threshold_m": 0.3, "forecast": "ensemble",
}  # fmt: skip


@pytest.fixture
def api(tmp_path):
    small_city.build(tmp_path, steps=3)
    return TestClient(create_app(tmp_path), raise_server_exceptions=False), tmp_path


def test_a_city_that_was_never_verified_says_so(api):
    client, _ = api
    answer = client.get("/api/verification", params={"city": "harbour"})
    assert answer.status_code == 200
    assert answer.json()["made"] is False
    assert answer.json()["rows"] == []
    assert answer.headers["cache-control"] == "no-store"


def test_scores_are_served_as_they_were_written(api):
    client, data = api
    folder = data / "verification" / "harbour"
    folder.mkdir(parents=True)
    path = folder / "verification.json"
    path.write_text(json.dumps({"city": "harbour", "runs": 3, "rows": [ROW]}))
    body = client.get("/api/verification", params={"city": "harbour"}).json()
    assert body["made"] is True
    assert body["rows"][0]["value"] == 0.5
    assert body["rows"][0]["low"] is None
    for broken in ("{", "[]", "7", '{"rows": []}'):
        path.write_text(broken)
        answer = client.get("/api/verification", params={"city": "harbour"})
        assert answer.status_code == 404
        assert "run it again" in answer.json()["error"]


@pytest.mark.parametrize("city", ["nowhere", "../harbour", "", "x" * 200])
def test_an_unknown_city_is_refused_in_one_line(api, city):
    answer = api[0].get("/api/verification", params={"city": city})
    assert answer.status_code in (404, 422)
    assert "\n" not in answer.json()["error"]
