"""One source for float32 and float64: constants and powers of the type of their argument.

A literal such as `0.5` is float64 in a compiled kernel and would widen a float32 loop to half
its speed. `like(x, 0.5)` is the literal in the type of `x`, and costs nothing when compiled.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

THIRD = 1.0 / 3.0
FOUR_THIRDS = 4.0 / 3.0


def like(x, value):
    """Return `value` as a number of the type of `x`."""
    return np.asarray(x).dtype.type(value)


@overload(like, inline="always")
def _compile_like(x, value):  # noqa: ARG001
    if x == types.float32:
        return lambda x, value: np.float32(value)  # noqa: ARG005
    return lambda x, value: np.float64(value)  # noqa: ARG005


def reciprocal_cube_root(x):
    """Return x to the power -1/3, for x > 0, without a library call.

    Notes
    -----
    A first guess from the bits of the number, then Newton steps
    y <- y (4 - x y^3) / 3 on y^-3 = x: two for float32 (relative error about 2e-5), four for
    float64 (1e-14). The same idea as the reciprocal square root of Lomont (2003), "Fast
    inverse square root". Unlike `np.cbrt`, it vectorises.
    """
    return like(x, math.pow(x, -THIRD))


@register_jitable(inline="always")
def _refine(x, y):
    return y * (like(x, FOUR_THIRDS) - like(x, THIRD) * x * y * y * y)


@register_jitable(inline="always")
def _reciprocal_cube_root_32(x):
    bits = np.float32(x).view(np.int32)
    third = np.int32(np.float32(bits) * np.float32(THIRD))
    y = np.int32(np.int32(0x54A2FA8C) - third).view(np.float32)
    return _refine(x, _refine(x, y))


@register_jitable(inline="always")
def _reciprocal_cube_root_64(x):
    bits = np.float64(x).view(np.int64)
    third = np.int64(np.float64(bits) * np.float64(THIRD))
    y = np.int64(np.int64(0x553EF0FF289DD796) - third).view(np.float64)
    return _refine(x, _refine(x, _refine(x, _refine(x, y))))


@overload(reciprocal_cube_root, inline="always")
def _compile_reciprocal_cube_root(x):
    if x == types.float32:
        return lambda x: _reciprocal_cube_root_32(x)
    return lambda x: _reciprocal_cube_root_64(x)
