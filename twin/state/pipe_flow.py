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


def drain_flow(drain, length, manholes):
    """What a drain of the city carries full, by the inverts of its manholes [m3 s-1].

    Parameters
    ----------
    drain : dict
        ``from_node``, ``to_node`` and ``diameter`` [m], as in the layer ``drains``.
    length : float
        Of its line [m].
    manholes : geopandas.GeoDataFrame or None
        Layer with ``node_id`` and ``invert`` [m].

    Returns
    -------
    float or None
        None where an invert, the diameter or the length is not known.
    """
    diameter = drain.get("diameter")
    if manholes is None or not {"node_id", "invert"} <= set(manholes) or not length > 0:
        return None
    if not isinstance(diameter, int | float) or not diameter > 0:
        return None
    ends = [
        manholes["invert"][(manholes["node_id"] == drain.get(node)).to_numpy()].to_numpy(float)
        for node in ("from_node", "to_node")
    ]
    if any(end.size != 1 or not math.isfinite(end[0]) for end in ends):
        return None
    return full_pipe_flow(diameter, (ends[0][0] - ends[1][0]) / length)
