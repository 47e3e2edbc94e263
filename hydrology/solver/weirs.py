"""Discharge over a weir and through the opening of a bridge: numbers in, numbers out.

Heads are water levels above the crest or the bed. The velocity head is neglected: the level of
a cell stands for the energy of its water.
"""

import math

from hydrology.solver.compiled import formula
from hydrology.solver.physics import GRAVITY

DROWNED_OPENING = 0.8
"""Discharge coefficient of an opening with water above it on both sides [1]."""

SLUICE = 0.75 * math.sqrt(3.0)
"""Ties the sluice under a bridge to the weir that it was before, see `opening_discharge`."""


@formula
def weir_discharge(head, tail, width, coefficient):
    """Discharge over a weir, free or drowned [m3 s-1].

    Parameters
    ----------
    head, tail : float
        Water above the crest on the higher side and on the lower one, negative below it [m].
    width : float
        Length of the crest across the flow [m].
    coefficient : float
        Of the free weir; 1.7 for a broad crest [m0.5 s-1].

    Notes
    -----
    Free: Q = C L H^1.5; C = (2/3)^1.5 g^0.5 = 1.705 where the flow over a broad crest is critical.
    Drowned: Villemonte (1947), Engineering News-Record 139, 54-56: that times
    (1 - (tail / head)^1.5)^0.385. The paper was not at hand; the equation was checked against the
    documentation of Cassiopee (INRAE).
    """
    head, tail = max(head, 0.0), max(tail, 0.0)
    drowned = min(tail / max(head, 1e-12), 1.0)
    share = math.pow(1.0 - drowned * math.sqrt(drowned), 0.385)
    return coefficient * width * head * math.sqrt(head) * share


@formula
def opening_discharge(head, tail, width, height, coefficient):
    """Discharge through the opening of a bridge: open, as a sluice, or drowned [m3 s-1].

    Parameters
    ----------
    head, tail : float
        Water above the bed on the higher side and on the lower one, negative below it [m].
    width, height : float
        Of the opening, piers left out [m].
    coefficient : float
        Of the open flow, as that of a broad weir [m0.5 s-1].

    Notes
    -----
    The smaller of a free and a drowned discharge. Free: critical flow Q = C B H^1.5 up to
    H = 3/4 of the height D, then a sluice Q = K B D (H - D / 2)^0.5. With K = 3^1.5 / 4 C the two
    meet there without a kink, and C = 1.7 gives the sluice the discharge coefficient 0.50 of
    Bradley (1978), Hydraulics of Bridge Waterways, FHWA HDS-1, for a sluice well under water.
    Drowned: 0.8 A (2 g (H - tail))^0.5 with the area that the water fills, the 0.8 of HDS-1 and
    of HEC-RAS. The coefficients were not checked against HDS-1 itself.
    """
    head, tail = max(head, 0.0), max(tail, 0.0)
    open_flow = coefficient * width * head * math.sqrt(head)
    sluice = SLUICE * coefficient * width * height * math.sqrt(max(head - 0.5 * height, 0.0))
    free = open_flow if head < 0.75 * height else sluice
    area = width * min(head, height)
    drowned = DROWNED_OPENING * area * math.sqrt(2.0 * GRAVITY * max(head - tail, 0.0))
    return min(free, drowned)
