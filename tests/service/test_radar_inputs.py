"""Radar for a forecast out of the payloads that were kept: what was known, and no more."""

import numpy as np
import pandas as pd
import pytest

from hydrology.rainfall.sources import RainInputs, rain_so_far
from service.cycle.radar_inputs import read_grids
from twin.errors import MissingError
from twin.feeds.raw_store import RawStore
from twin.grid import Grid

BEGUN = pd.Timestamp("2010-08-26T02:00:00")
DELAY = pd.Timedelta(minutes=5)
ARNHEM = Grid(185_000.0, 445_000.0, 50.0, 60, 40, "EPSG:28992")


@pytest.fixture(scope="module")
def data(shared_data, tmp_path_factory):
    """Data folder with an hour of radar as it came in, each file five minutes after its time."""
    folder = tmp_path_factory.mktemp("radar")
    raw = RawStore(folder / "feeds")
    for step in range(12):
        moment = BEGUN + step * DELAY
        name = f"RAD_NL25_RAP_5min_{moment:%Y%m%d%H%M}.h5"
        content = (shared_data / "knmi_radar" / name).read_bytes()
        raw.keep("knmi_radar", content, (moment + DELAY).tz_localize("UTC"))
    raw.keep("knmi_radar", b"cut off", (BEGUN + DELAY).tz_localize("UTC"))
    return folder


def test_radar_is_what_was_received_by_then(data):
    whole = read_grids(data, ARNHEM, BEGUN + pd.Timedelta(hours=1), 1.0)
    half = read_grids(data, ARNHEM, BEGUN + pd.Timedelta(minutes=30), 1.0)
    assert (whole.radar.sizes["time"], half.radar.sizes["time"]) == (12, 6)
    np.testing.assert_array_equal(
        whole.radar["rainfall_rate"].values[:6], half.radar["rainfall_rate"].values
    )
    [listed] = whole.listing
    assert (listed["name"], len(listed["sha256"])) == ("knmi_radar", 64)
    assert listed["sha256"] != half.listing[0]["sha256"]


def test_a_payload_that_cannot_be_read_is_told_and_hides_no_other(data):
    assert read_grids(data, ARNHEM, BEGUN + pd.Timedelta(hours=1), 1.0).degraded == (
        "rain: 1 payloads of knmi_radar cannot be read",
    )


def test_radar_that_does_not_reach_the_city_is_no_rain(data):
    taipei = Grid(300_000.0, 2_770_000.0, 50.0, 60, 40, "EPSG:3826")
    moment = BEGUN + pd.Timedelta(hours=1)
    grids = read_grids(data, taipei, moment, 1.0)
    assert grids.is_expected
    issue = moment.to_datetime64().astype("datetime64[ns]")
    with pytest.raises(MissingError, match="know the rain"):
        rain_so_far(RainInputs(radar=grids.radar), taipei, issue_time=issue)


def test_radar_alone_gives_the_rain_up_to_now(data):
    moment = BEGUN + pd.Timedelta(hours=1)
    grids = read_grids(data, ARNHEM, moment, 1.0)
    issue = moment.to_datetime64().astype("datetime64[ns]")
    observed = rain_so_far(RainInputs(radar=grids.radar), ARNHEM, issue_time=issue)
    assert set(observed.methods) == {"radar"}
    assert observed.newest == np.datetime64("2010-08-26T02:50")


def test_without_payloads_there_is_no_radar_and_nothing_is_made(tmp_path):
    for place in (None, tmp_path):
        grids = read_grids(place, ARNHEM, BEGUN, 1.0)
        assert (grids.radar, grids.listing, grids.is_expected) == (None, (), False)
    assert list(tmp_path.iterdir()) == []
