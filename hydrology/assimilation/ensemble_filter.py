"""The serial ensemble square root filter: one observation after the other moves an ensemble."""

from dataclasses import dataclass

import numpy as np

SMALLEST_VARIANCE = 1e-10
"""Spread of an ensemble at a sensor below which it has nothing to learn there [m2]."""


@dataclass(frozen=True)
class Step:
    """What one observation does to an ensemble.

    Attributes
    ----------
    shift : float
        Innovation over its variance, (y - mean) / (s2 + R).
    shrink : (member,) array
        Deviations of the members at the sensor times `alpha` over the variance.
    deviation : (member,) array
        Deviations of the members at the sensor before the observation.
    """

    shift: float
    shrink: np.ndarray
    deviation: np.ndarray

    def apply(self, ensemble, weight=1.0):
        """Move other variables of the ensemble by what was seen.

        Parameters
        ----------
        ensemble : (member, ...) array
            Any variables of the same members.
        weight : float or array of shape (...)
            Localisation, 0 to 1.

        Returns
        -------
        (member, ...) array
            How each changes.
        """
        members = len(ensemble)
        flat = np.asarray(ensemble, float).reshape(members, -1)
        covariance = self.deviation @ (flat - flat.mean(axis=0)) / (members - 1)
        covariance *= np.broadcast_to(weight, ensemble.shape[1:]).ravel()
        change = covariance * (self.shift - self.shrink[:, None])
        return change.reshape(ensemble.shape)


def observe(predicted, value, error):
    """The step that one observation asks for.

    Parameters
    ----------
    predicted : (member,) array
        What each member says that the sensor sees.
    value : float
        What it sees.
    error : float
        Standard deviation of the error of `value`, and of what the model cannot resolve there.

    Returns
    -------
    Step or None
        None where the members agree so well that nothing can be learned.

    Notes
    -----
    Whitaker and Hamill (2002), Mon. Wea. Rev. 130, 1913-1924: the mean moves by the Kalman gain
    K = P H' / (H P H' + R), deviations by the reduced gain alpha K with
    alpha = 1 / (1 + sqrt(R / (H P H' + R))). The paper's equations were not at hand; that they
    give exactly the Kalman filter's mean and variance is a test.
    """
    variance = predicted.var(ddof=1)
    if not variance > SMALLEST_VARIANCE:
        return None
    total = variance + error**2
    deviation = predicted - predicted.mean()
    alpha = 1.0 / (1.0 + np.sqrt(error**2 / total))
    return Step((value - predicted.mean()) / total, alpha * deviation / total, deviation)


def relax_spread(before, after, share, floor):
    """Give an ensemble back a share of the spread that observations took.

    Parameters
    ----------
    before, after : (member, ...) array
        Before and after the observations.
    share : float
        0 keeps the spread after them, 1 gives back all of it.
    floor : float
        Standard deviation that is left at least where there was more before.

    Returns
    -------
    (member, ...) array

    Notes
    -----
    Relaxation to prior spread, Whitaker and Hamill (2012), Mon. Wea. Rev. 140, 3078-3089, eq. 2
    as widely quoted: deviations grow by 1 + share (s_b - s_a) / s_a. The floor is our own: the
    errors of a city's drains and rain change within hours, so they are never held for known.
    """
    old, new = before.std(axis=0, ddof=1), after.std(axis=0, ddof=1)
    wanted = np.maximum(new + share * (old - new), np.minimum(floor, old))
    growth = np.divide(wanted, new, out=np.ones_like(new), where=new > 0)
    mean = after.mean(axis=0)
    return mean + growth * (after - mean)
