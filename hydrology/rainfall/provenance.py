"""Who knew the rain of an interval, in one word."""

GAUGES, RADAR, MERGED = "gauges", "radar", "merged"
EXTRAPOLATED, NUMERICAL, PERSISTENCE = "extrapolated", "numerical", "persistence"
BLENDED, NOT_KNOWN = "blended", "not known"

MEASURED = (GAUGES, RADAR, MERGED)
"""What somebody measured; all else stands in for that, or is ahead."""

_PROVENANCE = {
    "kriging": GAUGES,
    "inverse distance": GAUGES,
    "nearest": GAUGES,
    "radar": RADAR,
    "mean field bias": MERGED,
    "kriging with external drift": MERGED,
    "conditional merging": MERGED,
    "nowcast": EXTRAPOLATED,
    "numerical forecast": NUMERICAL,
    "held": PERSISTENCE,
}


def provenance(method):
    """Who knew an interval that was made by a method of `hydrology.rainfall.sources`.

    Parameters
    ----------
    method : str
        Of `hydrology.rainfall.observed.ObservedRain.methods`.

    Returns
    -------
    str
        One of `MEASURED`, ``"extrapolated"`` (a radar field carried on), ``"numerical"`` (a
        numerical forecast), ``"persistence"`` (the field before held) or ``"not known"``.

    Examples
    --------
    >>> provenance("kriging"), provenance("held")
    ('gauges', 'persistence')
    """
    return _PROVENANCE.get(method, NOT_KNOWN)
