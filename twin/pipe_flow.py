"""What a full pipe carries."""

import math


def full_pipe_flow(diameter, slope, manning=0.013):
    """Flow of a circular pipe that runs full without pressure [m3 s-1].

    Parameters
    ----------
    diameter : float
        Inside [m].
    slope : float
        Fall over length [1]; a pipe without fall carries nothing by its slope.
    manning : float
        Roughness [s m-1/3]; 0.013 is concrete.

    Notes
    -----
    Manning: Q = (1/n) A R^(2/3) S^(1/2) with A = pi D^2 / 4 and R = D / 4.

    Examples
    --------
    >>> round(full_pipe_flow(1.0, 0.002), 3)
    1.072
    """
    area, radius = math.pi * diameter**2 / 4, diameter / 4
    return area * radius ** (2 / 3) * math.sqrt(max(slope, 0.0)) / manning
