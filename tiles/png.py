"""Small pictures: PNG of steps of colour, transparent where dry, and PNG that carries numbers."""

import io

import numpy as np
from PIL import Image


def encode_png(classes, palette):
    """PNG bytes of a picture of colour steps.

    Parameters
    ----------
    classes : numpy.ndarray
        Step of each pixel, uint8, shape (y, x).
    palette : numpy.ndarray
        Red, green, blue, alpha of each step, uint8, shape (steps, 4).

    Returns
    -------
    bytes
        A palette PNG: a browser decodes it to the same RGBA pixels as a true-colour one, and it
        is several times smaller and faster to write.
    """
    picture = Image.fromarray(classes)
    picture.putpalette(palette[:, :3].tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1, bits=4, transparency=bytes(palette[:, 3].tolist()))
    return out.getvalue()


def encode_numbers(values):
    """PNG bytes whose colours are numbers, as Terrarium has them.

    Parameters
    ----------
    values : numpy.ndarray
        Within -32768 and 32767, shape (y, x); NaN becomes transparent black.

    Returns
    -------
    bytes
        value = red * 256 + green + blue / 256 - 32768, rounded to 1/256.
    """
    known = np.isfinite(values)
    number = np.rint((np.where(known, values, 0.0) + 32768.0) * 256.0)
    number = np.clip(number, 0, 0xFFFFFF).astype("<u4")
    number = np.where(known, number, 0)
    parts = [(number >> 16) & 255, (number >> 8) & 255, number & 255]
    if not known.all():
        parts.append(np.where(known, 255, 0))
    out = io.BytesIO()
    picture = Image.fromarray(np.stack(parts, axis=-1).astype("uint8"))
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
