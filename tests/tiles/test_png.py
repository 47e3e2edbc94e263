"""Numbers in the colours of a PNG come back as they were, from a reader of others."""

import io

import numpy as np
import pytest
from PIL import Image

from tiles.png import encode_numbers, encode_png


def decoded(data):
    """Numbers by Terrarium, NaN where the picture is transparent."""
    picture = Image.open(io.BytesIO(data))
    picture.verify()
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(float)
    values = pixels[..., 0] * 256 + pixels[..., 1] + pixels[..., 2] / 256 - 32768
    return np.where(pixels[..., 3] > 0, values, np.nan)


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("shape", [(256, 256), (1, 1), (3, 7)])
def test_numbers_come_back_to_a_256th(shape, holes):
    chance = np.random.default_rng(1)
    values = chance.uniform(-500, 9000, shape)
    if holes:
        values[chance.random(shape) < 0.3] = np.nan
    read = decoded(encode_numbers(values))
    assert np.array_equal(np.isnan(read), np.isnan(values))
    assert np.nanmax(np.abs(read - values), initial=0.0) <= 1 / 512


def test_what_cannot_be_written_is_the_nearest_that_can():
    read = decoded(encode_numbers(np.array([[-1e6, 1e6]])))
    assert read[0].tolist() == [-32768.0, pytest.approx(32768.0, abs=0.01)]


def test_still_water_packs_well():
    assert len(encode_numbers(np.full((256, 256), 0.7))) < 2_000


@pytest.mark.parametrize("shape", [(256, 256), (1, 1), (3, 7), (5, 2)])
def test_steps_come_back_in_their_colours(shape):
    chance = np.random.default_rng(2)
    palette = chance.integers(0, 256, (11, 4), dtype="uint8")
    steps = chance.integers(0, 11, shape, dtype="uint8")
    picture = Image.open(io.BytesIO(encode_png(steps, palette)))
    picture.verify()
    picture = Image.open(io.BytesIO(encode_png(steps, palette)))
    assert np.array_equal(np.asarray(picture.convert("RGBA")), palette[steps])
