"""What an exact solution gives: depth and velocity at given places."""

from dataclasses import dataclass

import numpy as np

GRAVITY = 9.81
"""Acceleration of gravity, as in the solver [m s-2]."""


@dataclass(frozen=True)
class Water:
    """Depth [m] and velocity to the east and to the north [m s-1], of one shape."""

    depth: np.ndarray
    east: np.ndarray
    north: np.ndarray


def along_x(x, y, depth, east):
    """Water of a flow that has one direction: the same for every y.

    Parameters
    ----------
    x, y : arrays
        Places [m], of one shape or broadcast to it.
    depth, east : arrays
        Of the shape of x: depth [m] and velocity to the east [m s-1].
    """
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    depth, east = np.broadcast_to(depth, shape), np.broadcast_to(east, shape)
    return Water(depth, east, np.zeros(shape))
