"""Blocks and the streets around them, as matrices over the lines of the street net."""

from dataclasses import dataclass

import numpy as np

from sample_city.network import make_network
from sample_city.site import Site
from sample_city.uses import FARM, OPEN, make_uses


@dataclass(frozen=True)
class Blocks:
    """Uses and streets as matrices over the lines of the street net.

    Parameters
    ----------
    use : ndarray
        Use of the block east of column k and north of row l, shape (k, l).
    column_street, row_street : ndarray of bool
        Whether column k has a street north of row l; whether row l has one east of column k.
    column_canal, row_canal : ndarray of bool
        The same for canals.
    underpass : ndarray of bool
        Whether column k passes under the railway north of row l.
    """

    use: np.ndarray
    column_street: np.ndarray
    row_street: np.ndarray
    column_canal: np.ndarray
    row_canal: np.ndarray
    underpass: np.ndarray


def make_blocks(size, seed, river, streets):
    """Uses of all blocks and the streets between them.

    Parameters
    ----------
    size : Size
    seed : int
    river : River
    streets : Streets

    Returns
    -------
    Blocks
    """
    site = Site(size, seed, river, streets)
    use = make_uses(site)
    return Blocks(use, **make_network(site, (use != OPEN) & (use != FARM)))
