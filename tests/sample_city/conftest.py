"""A small sample city, made once for all tests of this room."""

import pytest

from sample_city.generate import generate_city, make_layers
from sample_city.plan import make_plan
from sample_city.surfaces import make_terrain


@pytest.fixture(scope="session")
def plan():
    return make_plan("small", 1)


@pytest.fixture(scope="session")
def terrain(plan):
    return make_terrain(plan)


@pytest.fixture(scope="session")
def layers(plan):
    return make_layers(plan)


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    return generate_city(tmp_path_factory.mktemp("cities") / "small", "small", 1)
