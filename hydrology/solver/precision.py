"""One source for float32 and float64, CPU and CUDA: literals and powers of the type of a number.

A literal such as `0.5` is float64 in a compiled kernel and would widen a float32 loop to half
its speed. `like(x, 0.5)` is the literal in the type of `x`, and costs nothing when compiled.

Nothing here uses Numba's `overload`: numba-cuda compiles each overload for the GPU at hand, so
that no kernel that calls one could be compiled on a machine without a GPU.
"""

import numpy as np
from numba import types
from numba.extending import lower_builtin, type_callable

from hydrology.solver.compiled import formula

THIRD = 1.0 / 3.0


@formula
def like(x, value):
    """Return `value` as a number of the type of `x`."""
    return type(x)(value)


def bits_of(x):
    """Return the bits of a float32 as an int32."""
    return np.float32(x).view(np.int32)


def from_bits(bits):
    """Return the float32 that has the bits of an int32."""
    return np.int32(bits).view(np.float32)


@type_callable(bits_of)
def _type_bits_of(context):  # noqa: ARG001
    return lambda x: types.int32  # noqa: ARG005


@type_callable(from_bits)
def _type_from_bits(context):  # noqa: ARG001
    return lambda bits: types.float32  # noqa: ARG005


@lower_builtin(bits_of, types.float32)
@lower_builtin(from_bits, types.int32)
def _reinterpret(context, builder, signature, arguments):
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


@formula
def magnitude_bits(x):
    """Bits of the magnitude of x in float32: they order as the magnitudes do, and what is not a
    number comes last, so that its largest is found without a branch."""
    return np.int32(bits_of(np.float32(x)) & np.int32(0x7FFFFFFF))


@formula
def _sharpen(x, y):
    """Five terms of the series of (1 - t)^(-1/3), t being what is missing of x y^3 = 1."""
    t = like(x, 1.0) - x * (y * y * y)
    tail = like(x, 2.0 / 9.0) + t * (like(x, 14.0 / 81.0) + t * like(x, 35.0 / 243.0))
    return y * (like(x, 1.0) + t * (like(x, THIRD) + t * tail))


@formula
def reciprocal_cube_root(x):
    """Return x to the power -1/3, for 1e-30 < x < 1e30, without a library call.

    Notes
    -----
    A first guess from the bits of the number in float32 (relative error up to 3.6 %), sharpened by
    the binomial series: once for float32 (relative error 2e-6), once more for float64 (1e-15).
    The same idea as the reciprocal square root of Lomont (2003), "Fast inverse square root".
    Unlike `np.cbrt`, it vectorises.
    """
    single = np.float32(x)
    third = np.int32(np.float32(bits_of(single)) * np.float32(THIRD))
    guess = from_bits(np.int32(np.int32(0x54A20000) - third))
    y = type(x)(_sharpen(single, guess))
    # Decided when compiled, without a branch: in float32 the sum is 1.
    is_single = like(x, 1.0) + like(x, 1e-9) == like(x, 1.0)
    return y if is_single else _sharpen(x, y)


PARTS = 32767.0
"""Parts of half the last place of a depth, in which a packed remainder is counted."""


@formula
def _part(x):
    """Unit of a packed remainder beside a depth x: a 65534th of its last place, in its type.

    Depths below a millimetre share the unit of a millimetre: what remains where a cell falls dry
    was rounded off a larger depth.
    """
    exponent = from_bits(np.int32(bits_of(np.float32(x)) & np.int32(0x7F800000)))
    is_single = like(x, 1.0) + like(x, 1e-9) == like(x, 1.0)
    last = like(x, 2.0**-23) if is_single else like(x, 2.0**-52)
    return max(like(x, exponent), like(x, 2.0**-10)) * (last / like(x, 2.0 * PARTS))


@formula
def packed(x, remainder):
    """Pack what rounding owes a depth x into two bytes.

    Rounding owes at most half a last place. What packing rounds off in turn goes up or down by
    the chance of the depth's own bits: always to the nearest, steady drizzle on a deep lake would
    lose or make a millionth of itself. The chance is an odd multiple of 2^-24 between -1/2 and
    1/2, exact in float32: none rounds a remainder of zero away from zero. That of a dry cell is
    the smallest, so that what it is owed stays as it is.
    """
    scattered = np.int64(bits_of(np.float32(x))) * np.int64(0x9E3779B1) + np.int64(0x80000000)
    scattered = (scattered & np.int64(0xFFFFFE00)) | np.int64(0x100)
    parts = remainder / _part(x) + (like(x, scattered) * like(x, 2.0**-32) - like(x, 0.5))
    near = parts + (like(x, 0.5) if parts >= like(x, 0.0) else like(x, -0.5))
    return np.int16(np.int32(min(max(near, like(x, -PARTS)), like(x, PARTS))))


@formula
def unpacked(x, parts):
    """Remainder that was packed beside a depth x, in its type."""
    return like(x, parts) * _part(x)
