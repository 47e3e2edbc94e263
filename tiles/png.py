"""Small pictures of steps of colour: PNG with a palette, transparent where dry."""

import io

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
