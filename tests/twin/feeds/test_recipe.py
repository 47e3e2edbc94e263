"""The recipe in the package's own words works as it stands."""

import json
import textwrap

import numpy as np
import pandas as pd

import twin.feeds

RECEIVED = pd.Timestamp("2026-07-12T10:00Z")


def test_the_adapter_of_the_recipe_reads_an_answer():
    text = twin.feeds.__doc__.split("`wells.py`::")[1].split("3. Add one line")[0]
    module = {}
    exec(compile(textwrap.dedent(text), "wells.py", "exec"), module)
    place = {"id": "w1", "lon": 4.9, "lat": 52.4}
    answer = [
        place | {"time": "2026-07-12T11:50:00", "level": "125"},
        place | {"time": "2026-07-12T11:40:00", "level": -99},
        place | {"time": None, "level": 125, "mood": "good"},
    ]
    parsed = module["ADAPTER"].read(json.dumps({"data": answer}).encode(), RECEIVED)
    np.testing.assert_allclose(parsed.readings["value"], [1.25, np.nan])
    assert parsed.readings["flag"].tolist() == [1, 9]
    assert parsed.readings["phenomenon_time"][0] == pd.Timestamp("2026-07-12T09:50Z")
    assert parsed.counts["reasons"] == {"unreadable time": 1}
    assert parsed.counts["drift"] == ["mood"]
    assert parsed.stations["station_id"].tolist() == ["w1"]
