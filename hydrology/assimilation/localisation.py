"""How far an observation may reach: correlations of a small ensemble are cut with distance."""

import numpy as np


def gaspari_cohn(distance, reach):
    """Weight of an observation, from 1 at its place to 0 at `reach`.

    Parameters
    ----------
    distance : array
        Distance from the observation [m].
    reach : float
        Distance at which its weight is zero, twice the length c of the paper [m].

    Returns
    -------
    array
        Of the shape of `distance`, from 0 to 1.

    Notes
    -----
    Gaspari and Cohn (1999), Q. J. R. Meteorol. Soc. 125, 723-757, eq. 4.10 (checked against two
    public implementations that quote it; the paper itself was not at hand).

    Examples
    --------
    >>> gaspari_cohn(np.array([0.0, 500.0, 1000.0]), 1000.0).round(3).tolist()
    [1.0, 0.208, 0.0]
    """
    z = np.abs(np.asarray(distance, float)) / (reach / 2)
    near = 1 + z**2 * (-5 / 3 + z * (5 / 8 + z * (1 / 2 - z / 4)))
    far_z = np.clip(z, 1.0, 2.0)
    far = (
        4
        - 5 * far_z
        + far_z**2 * (5 / 3 + far_z * (5 / 8 + far_z * (-1 / 2 + far_z / 12)))
        - 2 / (3 * far_z)
    )
    return np.where(z <= 1, near, np.maximum(far, 0.0))
