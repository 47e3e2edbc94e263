"""Bed friction of the full shallow water equations: Manning, implicit.

Formulas of the scheme `dynamic`: numbers in, numbers out, no branch, one source for float32 and
float64.
"""

import math

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like, reciprocal_cube_root
from hydrology.solver.riemann import DRY


@formula
def drag(depth, manning, gravity):
    """What brakes a momentum q, over |q| q [m-2].

    Parameters
    ----------
    depth : float
        Water, larger than `DRY` [m].
    manning : float
        Roughness [s m-1/3].
    gravity : float
        [m s-2]

    Notes
    -----
    g n^2 h^(-7/3): Manning's friction slope is n^2 u |u| h^(-4/3), and brakes with g h times it.
    """
    root = reciprocal_cube_root(depth)
    squared = root * root
    return (gravity * (manning * manning)) * ((squared * squared) * (squared * root))


@formula
def kept_share(depth, x_discharge, y_discharge, manning, time_step, gravity):
    """Share of its momentum that friction leaves a cell in a step; none below `DRY`.

    Parameters
    ----------
    depth : float
        Water after the step [m].
    x_discharge, y_discharge : float
        Momentum after the step but for friction [m2 s-1].
    manning : float
        Roughness [s m-1/3].
    time_step, gravity : float
        [s], [m s-2]

    Notes
    -----
    The implicit step q (1 + dt g n^2 |q| h^(-7/3)) = q* is a quadratic equation for |q|, solved
    exactly, so that a film reaches Manning's balance however large the step: Xia and Liang
    (2018), Adv. Water Resour. 117, 87-97 (idea; equations not at hand). Its root is written
    without the difference of two close numbers.
    """
    safe = max(depth, like(depth, DRY))
    speed = math.sqrt(x_discharge * x_discharge + y_discharge * y_discharge)
    braking = time_step * drag(safe, manning, gravity) * speed
    share = like(depth, 2.0) / (
        like(depth, 1.0) + math.sqrt(like(depth, 1.0) + like(depth, 4.0) * braking)
    )
    return share if depth > like(depth, DRY) else like(depth, 0.0)
