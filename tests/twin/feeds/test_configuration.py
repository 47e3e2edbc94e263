"""feeds.toml: its sample and its documentation are read by the reader itself."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from http_servers import serving

from twin.feeds.configuration import (
    OFF,
    SAMPLE,
    Configuration,
    FeedSetting,
    adapter_of,
    read_configuration,
)
from twin.feeds.intake import Desk
from twin.feeds.polling import poll
from twin.observations.store import ObservationStore

README = Path(SAMPLE).with_name("README.md").read_text(encoding="utf-8")
KEYS = {entry.name for kind in (Configuration, FeedSetting) for entry in fields(kind)}
NOON = pd.Timestamp("2026-11-20T12:00Z")


def read(folder, text):
    (folder / "feeds.toml").write_text(text, encoding="utf-8")
    return read_configuration(folder)


def test_the_sample_is_right_as_it_stands_and_with_all_of_it_switched_on(tmp_path):
    text = SAMPLE.read_text(encoding="utf-8")
    assert read(tmp_path, text).feeds["wra_rain_warnings"].on
    whole = read(tmp_path, text.replace(OFF, ""))
    assert whole.feeds["harbour"].columns == str(tmp_path / "harbour.toml")
    assert len(whole.feeds) == len(re.findall(rf"^(?:{OFF})?\[feeds\.", text, re.MULTILINE))
    content = tomllib.loads(text.replace(OFF, ""))
    shown = set(content).union(*content["feeds"].values())
    assert shown == KEYS, "the sample shows every key"


def test_the_documentation_names_every_key_and_its_example_is_right(tmp_path):
    assert len(README.splitlines()) <= 60
    assert {key for key in KEYS if f"`{key}`" not in README} == {"feeds"}
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert list(read(tmp_path, example).feeds) == ["wra_rain_warnings", "cwa_gauges", "drop_folder"]


@pytest.mark.parametrize("name", ["wra_iow", "wra_river"])
def test_an_address_with_a_path_of_its_own_is_asked_as_it_stands(name, tmp_path):
    """Sources of several tables; a host alone, or the path that is agreed, leads to all."""
    agreed = adapter_of(name, FeedSetting())
    for url in ("https://mirror.example", "https://mirror.example/", agreed.spec.url):
        assert adapter_of(name, FeedSetting(url=url)).gather is not None
    row = {"sensorid": "a", "latestvalue": "1", "timestamp": "2026-11-20T19:50:00"}
    row |= {"stationid": "a", "waterlevel": "1.9", "datetime": "2026-11-20T19:50:00"}
    desk = Desk(tmp_path / "feeds", ObservationStore(tmp_path / "store"))
    with serving(lambda to: to.reply(json.dumps([row]).encode())) as server:
        setting = FeedSetting(url=f"{server.url}/data/latest.json?k=1")
        intake = poll(adapter_of(name, setting), desk, setting, allow_loopback=True, now=NOON)
    assert (intake.outcome, intake.kept) == ("new", 1), intake.reason
    assert [path for path, _ in server.requests] == ["/data/latest.json?k=1"]


def test_other_sources_that_are_put_together_keep_their_list_of_stations():
    setting = FeedSetting(url="https://mirror.example/rain.json")
    assert adapter_of("kaohsiung_rain", setting).gather is not None
