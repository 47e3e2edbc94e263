"""Small pictures: PNG of steps of colour, transparent where dry, and PNG that carries numbers."""

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1  # filter of a row
_TRUE_COLOUR, _PALETTE, _TRUE_COLOUR_AND_ALPHA = 2, 3, 6


def encode_png(classes, palette):
    """PNG bytes of a picture of colour steps.

    Parameters
    ----------
    classes : numpy.ndarray
        Step of each pixel, uint8, shape (y, x).
    palette : numpy.ndarray
        Red, green, blue, alpha of each step, uint8, shape (steps, 4), 16 at most.

    Returns
    -------
    bytes
        A palette PNG: a browser decodes it to the same RGBA pixels as a true-colour one, and it
        is several times smaller and faster to write.
    """
    height, width = classes.shape
    rows = np.zeros((height, 1 + (width + 1) // 2), "uint8")  # two pixels a byte, after the filter
    np.left_shift(classes[:, ::2], 4, out=rows[:, 1:])
    rows[:, 1 : 1 + width // 2] |= classes[:, 1::2]
    colours = ((b"PLTE", palette[:, :3].tobytes()), (b"tRNS", palette[:, 3].tobytes()))
    return _png((width, height, 4, _PALETTE), rows, colours)


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
    return _true_colour(np.stack(parts, axis=-1).astype("uint8"))


def _true_colour(pixels):
    """PNG bytes of (y, x, 3 or 4) uint8, each row as differences from the pixel to the left."""
    height, width, depth = pixels.shape
    rows = np.empty((height, 1 + width * depth), "uint8")
    rows[:, 0] = _SUB
    flat = pixels.reshape(height, -1)
    rows[:, 1 : 1 + depth] = flat[:, :depth]
    np.subtract(flat[:, depth:], flat[:, :-depth], out=rows[:, 1 + depth :])
    colour = _TRUE_COLOUR if depth == 3 else _TRUE_COLOUR_AND_ALPHA
    return _png((width, height, 8, colour), rows)


def _png(about, rows, colours=()):
    """A picture of (width, height, bits, kind of colour) out of its filtered rows.

    W3C, PNG, third edition. Neither steps nor numbers have many repeats to look for: runs alone
    (``Z_RLE``) pack them smaller than the usual way does, in less time.
    """
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    body = packer.compress(rows) + packer.flush()
    header = struct.pack(">IIBBBBB", *about, 0, 0, 0)
    chunks = ((b"IHDR", header), *colours, (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
