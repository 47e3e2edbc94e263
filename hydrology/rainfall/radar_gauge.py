"""Radar and rain gauges in one field: the radar's shape, the gauges' amounts."""

from dataclasses import dataclass

import numpy as np

from hydrology.rainfall.gauges import RANGE, merge_doubles, ordinary_kriging
from twin.units import MM_PER_HOUR

ENOUGH_FOR_CONDITIONAL, ENOUGH_FOR_DRIFT = 5, 10
"""Gauges from which the field is bent to each of them, and from which radar is a drift."""

LEAST_DEPTH = 0.5e-3
"""Rain that gauges and radar must both have seen for a bias [m]."""

LARGEST_BIAS = 4.0
"""A bias beyond this factor, or below its inverse, is an error of the one or the other."""

CLEAR_RAIN = 1e-3
"""Rain of a gauge within a window of `BLIND_WINDOWS` that a radar cannot overlook [m]."""

ABSURD_RATIO = 10.0
"""Gauges over radar, or radar over gauges, that no bias explains; set by us."""

BLIND_WINDOWS = (1200.0, 3600.0)
"""Times over which gauges and radar are held against each other [s]."""

LEAST_SPREAD = 0.05 * MM_PER_HOUR
"""Spread of the radar over the gauges below which it cannot be a drift [m s-1]."""


@dataclass(frozen=True)
class Merged:
    """A field of radar and gauges, and how it was made.

    Attributes
    ----------
    rate : numpy.ndarray
        Shape (y, x) [m s-1], never negative; NaN where the radar knows nothing and no gauge helps.
    method : str
        "radar", "mean field bias", "conditional merging" or "kriging with external drift".
    """

    rate: np.ndarray
    method: str


def merge(radar, at_gauges, values, places, cover, *, bias=1.0, range_m=RANGE):
    """Merge one radar field with the gauges of the same interval.

    Parameters
    ----------
    radar : (y, x) array
        Rain that the radar saw [m s-1]; NaN where not known.
    at_gauges : (n,) array
        The same at the gauges [m s-1]; NaN where not known.
    values : (n,) array
        What the gauges measured [m s-1]; NaN where silent.
    places : (n, 2) array
        The gauges' x, y [m].
    cover : Grid
        Cells of `radar`.
    bias : float
        Mean field bias, see `mean_field_bias`.
    range_m : float
        Of the variogram, as in `hydrology.rainfall.gauges.gauges_to_field` [m].

    Returns
    -------
    Merged

    Notes
    -----
    The rule, by the count of gauges that report where the radar sees: none, the radar as it is;
    1 to 4, the radar times the mean field bias; 5 to 9, conditional merging; 10 and more,
    kriging with external drift. In comparisons the last wins where gauges are dense and the
    plain bias is the most robust where they are sparse (Goudenhoofdt and Delobbe, 2009, Hydrol.
    Earth Syst. Sci. 13, 195-203); the counts are ours. Where radar hardly varies over the
    gauges, or rises where they fall, it is no drift, and conditional merging is taken.
    """
    pairs = np.isfinite(values) & np.isfinite(at_gauges)
    if not pairs.any():
        return Merged(radar * bias, "mean field bias" if bias != 1.0 else "radar")
    drift = radar * bias
    spots, both = merge_doubles(places[pairs], np.column_stack((values, at_gauges * bias))[pairs])
    gauge, seen = both.T
    if gauge.size < ENOUGH_FOR_CONDITIONAL:
        return Merged(drift, "mean field bias")
    if gauge.size >= ENOUGH_FOR_DRIFT and _is_drift(gauge, seen):
        rate = external_drift(drift, seen, gauge, spots, cover, range_m)
        return Merged(rate, "kriging with external drift")
    return Merged(
        conditional_merging(drift, seen, gauge, spots, cover, range_m), "conditional merging"
    )


def mean_field_bias(gauges, radar, seconds):
    """Factor that brings radar to the gauges, over all pairs together.

    Parameters
    ----------
    gauges, radar : arrays of one shape
        Rates of pairs, over stations and intervals of the last hour or so [m s-1]; NaN where
        either is silent.
    seconds : float
        Length of an interval [s].

    Returns
    -------
    factor : float
        1 where too little rain fell to tell.
    note : str
        What is to be said of it; empty when all is well.

    Notes
    -----
    Sum of the gauges over the sum of the radar at the gauges (Wilson and Brandes, 1979, Bull.
    Am. Meteorol. Soc. 60, 1048-1058).
    """
    pairs = np.isfinite(gauges) & np.isfinite(radar)
    fallen, seen = (float(np.sum(rates[pairs])) * seconds for rates in (gauges, radar))
    if fallen < LEAST_DEPTH or seen < LEAST_DEPTH:
        return 1.0, ""
    factor = fallen / seen
    kept = float(np.clip(factor, 1.0 / LARGEST_BIAS, LARGEST_BIAS))
    if kept != factor:
        return kept, f"rain: gauges show {factor:.2g} times the radar, corrected by {kept:.2g} only"
    return kept, ""


def blind_intervals(gauges, radar, seconds):
    """Intervals in which gauges clearly rain and the radar sees nothing there.

    Parameters
    ----------
    gauges, radar : (times, n) arrays
        Rates of pairs [m s-1]; NaN where either is silent.
    seconds : float
        Length of an interval [s].

    Returns
    -------
    (times,) bool array
        Such a radar is not to be believed anywhere: it is off, blocked or attenuated.

    Notes
    -----
    Within one of `BLIND_WINDOWS` two gauges, or the only one, had `CLEAR_RAIN` or more, and all
    of them together more than `ABSURD_RATIO` times the radar. The rule is ours. An interval
    without a pair is like the one before it: silence of the gauges does not clear the radar.
    """
    pairs = np.isfinite(gauges) & np.isfinite(radar)
    fallen, seen = (np.where(pairs, rates, 0.0) * seconds for rates in (gauges, radar))
    is_blind = np.zeros(len(pairs), bool)
    for length in BLIND_WINDOWS:
        for end in range(1, len(pairs) + 1):
            window = slice(max(0, end - round(length / seconds)), end)
            rainy = (fallen[window].sum(axis=0) >= CLEAR_RAIN).sum()
            enough = rainy >= max(1, min(2, pairs[window].any(axis=0).sum()))
            if enough and fallen[window].sum() > ABSURD_RATIO * seen[window].sum():
                is_blind[window] = True
    for index in 1 + np.flatnonzero(~pairs[1:].any(axis=1)):
        is_blind[index] = is_blind[index - 1]
    return is_blind


def rain_at_dry_gauges(gauges, radar, seconds):
    """Rain that the radar shows at gauges that are all dry, mean of them [m]; 0 where not so.

    Parameters
    ----------
    gauges, radar, seconds
        As `blind_intervals` takes them, of the last hour or so.
    """
    pairs = np.isfinite(gauges) & np.isfinite(radar)
    if not pairs.any():
        return 0.0
    fallen, seen = (np.where(pairs, rates, 0.0) * seconds for rates in (gauges, radar))
    shown = float(seen.sum() / pairs.any(axis=0).sum())
    return shown if shown >= CLEAR_RAIN and not fallen.any() else 0.0


def conditional_merging(radar, at_gauges, values, places, cover, range_m):
    """Kriged gauges plus what radar shows beside its own kriged values, shape (y, x) [m s-1].

    Notes
    -----
    Sinclair and Pegram (2005), Atmos. Sci. Lett. 6, 19-22: M = G_K + (R - R_K), where G_K are
    the gauges kriged, and R_K the radar's values at the gauges kriged with the same weights;
    kriging being linear, G_K - R_K is computed at once. Checked against the account in
    Sinclair's thesis; the letter could not be read here. The field goes through the gauges and
    is the radar where that is right. Nothing is ever negative. Where the radar knows nothing,
    the gauges alone.
    """
    merged = radar + ordinary_kriging(values - at_gauges, places, cover, range_m)
    if np.isnan(merged).any():
        alone = ordinary_kriging(values, places, cover, range_m)
        merged = np.where(np.isnan(merged), alone, merged)
    return np.maximum(merged, 0.0)


def external_drift(radar, at_gauges, values, places, cover, range_m):
    """Kriging of the gauges with the radar as external drift, shape (y, x) [m s-1].

    Notes
    -----
    Universal kriging whose mean is a + b R, fitted at the gauges (Wackernagel, 2003,
    Multivariate Geostatistics, ch. 37; not readable here), by PyKrige, with the variogram of
    `ordinary_kriging`. Where the radar knows nothing, the gauges alone.
    """
    from pykrige.uk import UniversalKriging

    scale = values.std() or 1.0
    model = UniversalKriging(
        places[:, 0] - cover.x0,
        places[:, 1] - cover.y0,
        values / scale,
        variogram_model="exponential",
        variogram_parameters={"sill": 1.0, "range": range_m, "nugget": 0.0},
        drift_terms=["specified"],
        specified_drift=[at_gauges / scale],
    )
    known = np.isfinite(radar)
    field, _ = model.execute(
        "grid",
        cover.x - cover.x0,
        cover.y - cover.y0,
        specified_drift_arrays=[np.where(known, radar, 0.0) / scale],
    )
    field = np.asarray(field) * scale
    if not known.all():
        alone = ordinary_kriging(values, places, cover, range_m)
        field = np.where(known, field, alone)
    return np.maximum(field, 0.0)


def _is_drift(gauge, seen):
    """Whether radar varies over the gauges, and the gauges with it, within reason."""
    if np.std(seen) < LEAST_SPREAD:
        return False
    slope = np.cov(gauge, seen)[0, 1] / np.var(seen, ddof=1)
    return 0.0 < slope <= LARGEST_BIAS
