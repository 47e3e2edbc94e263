"""Colours read the same in grey, and the legend tells what the picture shows."""

import numpy as np
import pytest

from tiles.colours import SCALES, scale_of
from twin.errors import MissingError

WATER_SCALES = [s for s in SCALES.values() if s.field != "arrival_time"]


def _lightness(rgb):
    """CIE lightness of sRGB rows, 0 to 100."""
    linear = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(luminance) - 16


@pytest.mark.parametrize("scale", WATER_SCALES, ids=lambda s: s.field)
def test_more_water_is_always_clearly_lighter(scale):
    lightness = _lightness(scale.palette[1:, :3].astype(float))
    assert np.all(np.diff(lightness) > 3)


def test_water_that_arrives_sooner_is_lighter():
    lightness = _lightness(SCALES["arrival_time"].palette[1:, :3].astype(float))
    assert np.all(np.diff(lightness) < -3)


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.field)
def test_dry_and_unknown_cells_are_transparent(scale):
    classes = scale.classify([np.nan, -1.0])
    assert list(classes) == [0, 0]
    assert scale.palette[0, 3] == 0
    assert np.all(scale.palette[1:, 3] > 0)


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.field)
def test_each_step_of_the_legend_is_the_colour_of_its_values(scale):
    for number, step in enumerate(scale.steps, 1):
        middle = step["lower"] * 1.01 + 1e-6
        assert scale.classify([middle / scale.factor])[0] == number
        assert "#" + bytes(scale.palette[number, :3]).hex() == step["colour"]


def test_a_limit_belongs_to_the_deeper_step():
    scale = scale_of("water_depth")
    assert list(scale.classify([0.0499, 0.05, 2.0, 99.0])) == [0, 1, 6, 6]


def test_an_unknown_field_is_named():
    with pytest.raises(MissingError, match="colours for field 'rain'.*max_depth"):
        scale_of("rain")
