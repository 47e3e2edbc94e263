"""What the ground takes: four models of infiltration, each a formula and a set of parameters.

A formula works on one cell and one interval: what stands on the cell after the interval's rain,
that rain, the cell's memory, the length of the interval, three parameters; it gives the depth
that infiltrates and the new memory. It is exact in time under ponding, so the length of the
interval hardly matters, and it never takes more than stands there. All zero parameters take
nothing (a sealed cell), and a new run begins with a memory of zero everywhere.

| model | memory [m] | p0 | p1 | p2 |
|---|---|---|---|---|
| `CONSTANT` | none | rate [m s-1] | - | - |
| `HORTON` | infiltrated beyond the final rate | initial [m s-1] | final [m s-1] | decay [s-1] |
| `GREEN_AMPT` | infiltrated | conductivity [m s-1] | suction x deficit [m] | - |
| `CURVE_NUMBER` | rain | retention [m] | initial abstraction [m] | share of open soil |

The models know one event: no soil recovers between two storms. Formulas work in float64; a memory
that is kept in float32 between visits changes the infiltration of a day by less than 1e-4 of it.
"""

import math
from dataclasses import dataclass

import numpy as np

from hydrology.solver.compiled import formula
from twin.errors import InputError

CONSTANT, HORTON, GREEN_AMPT, CURVE_NUMBER = 0, 1, 2, 3
"""The models, as kernels know them."""

TINY = 1e-30
"""Keeps a denominator from zero where its numerator is zero too."""

FASTEST = 1e-3
"""Infiltration that no soil reaches [m s-1], as in the table of fields: 3.6 m an hour."""


@formula
def saturation(x):
    """Return 1 - exp(-x) for x >= 0 without a library call, so that loops vectorise.

    Notes
    -----
    The Pade approximant of tanh(x / 128) gives y = 1 - exp(-x / 64); then, six times, the
    exponent is doubled by 1 - (1 - y)^2 = y (2 - y), which loses no figures. Beyond 40 it is one.
    """
    half = min(x, 40.0) / 128.0
    square = half * half
    top = half * (105.0 + 10.0 * square)
    bottom = 105.0 + square * (45.0 + square)
    y = 2.0 * top / (bottom + top)
    y *= 2.0 - y
    y *= 2.0 - y
    y *= 2.0 - y
    y *= 2.0 - y
    y *= 2.0 - y
    return y * (2.0 - y)


@formula
def logarithm(x):
    """Return ln(1 + x) for x >= 0 without a library call, so that loops vectorise.

    Notes
    -----
    Twice the logarithm of the root, by the series of 2 artanh(z) with z = r / (2 + r), where r is
    sqrt(1 + x) - 1. Relative error 1e-12 for x up to 1, 1e-5 up to 10, 1 % up to 100.
    """
    root = x / (1.0 + math.sqrt(1.0 + x))
    z = root / (2.0 + root)
    square = z * z
    series = 1.0 / 9.0 + square * (1.0 / 11.0 + square * (1.0 / 13.0))
    series = 1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square * series))
    return 4.0 * z * (1.0 + square * series)


@formula
def constant(water, rain, memory, seconds, rate, unused_1, unused_2):  # noqa: ARG001
    """Infiltration at a constant rate, as far as there is water.

    Parameters
    ----------
    water, rain : float
        Water on the cell after the rain of the interval, and that rain [m].
    memory : float
        Not used, given back [m].
    seconds : float
        Length of the interval [s].
    rate : float
        [m s-1].
    unused_1, unused_2 : float
        So that all models are called alike.

    Returns
    -------
    infiltrated, memory : float
        [m].
    """
    return min(max(water, 0.0), rate * seconds), memory


@formula
def horton(water, rain, memory, seconds, initial, final, decay):  # noqa: ARG001
    """Infiltration after Horton, with a capacity that falls as the soil fills.

    Parameters
    ----------
    water, rain : float
        Water on the cell after the rain of the interval, and that rain [m].
    memory : float
        Infiltrated so far in excess of the final rate [m].
    seconds : float
        Length of the interval [s].
    initial, final : float
        Capacity of the dry and of the full soil [m s-1].
    decay : float
        [s-1].

    Returns
    -------
    infiltrated, memory : float
        [m].

    Notes
    -----
    Akan (1992), J. Irrig. Drain. Eng. 118(5), 828-830: the capacity is f0 - k E, where the excess
    E grows by f - fc (not at all under a slower supply). Under ponding dE/dt = f0 - fc - k E, so
    the excess of an interval is (f0 - fc - k E) (1 - exp(-k t)) / k, and the rate follows the
    curve of Horton (1941), fc + (f0 - fc) exp(-k t). The note's own equations were not at hand:
    the capacity and the growth of E were checked against SWMM's "modified Horton".
    """
    reach = saturation(decay * seconds) / decay if decay > 0.0 else seconds
    excess = max(initial - final - decay * memory, 0.0) * reach
    infiltrated = min(max(water, 0.0), final * seconds + excess)
    return infiltrated, memory + max(infiltrated - final * seconds, 0.0)


@formula
def green_ampt(water, rain, memory, seconds, conductivity, storage, unused):  # noqa: ARG001
    """Infiltration behind a wetting front after Green and Ampt.

    Parameters
    ----------
    water, rain : float
        Water on the cell after the rain of the interval, and that rain [m].
    memory : float
        Infiltrated so far [m].
    seconds : float
        Length of the interval [s].
    conductivity : float
        Of the wetted soil, saturated [m s-1].
    storage : float
        Suction head at the front times the deficit of moisture ahead of it [m].
    unused : float
        So that all models are called alike.

    Returns
    -------
    infiltrated, memory : float
        [m].

    Notes
    -----
    Green and Ampt (1911), J. Agric. Sci. 4, 1-24, and Mein and Larson (1973), Water Resour. Res.
    9, 384-394 (checked against lecture notes): under ponding, F2 - F1 - S ln((F2 + S) / (F1 + S))
    = K t, with the head of the ponded water neglected. With x = (F2 - F1) / (F1 + S) and
    a = S / (F1 + S) it reads x - a ln(1 + x) = K t / (F1 + S). The logarithm's Pade approximant
    x (6 + x) / (6 + 4 x) makes that a quadratic equation, and one step of Halley's method from
    its root leaves a relative error of x below 3e-8 where K t < 0.1 (F1 + S), 1e-3 anywhere.
    """
    reach = max(memory + storage, 1e-12)
    share = storage / reach
    target = conductivity * seconds / reach
    middle = 6.0 * (1.0 - share) - 4.0 * target
    root = math.sqrt(middle * middle + 24.0 * target * (4.0 - share))
    x = 12.0 * target / max(middle + root, TINY)
    miss = x - share * logarithm(x) - target
    slope = (1.0 - share + x) / (1.0 + x)
    bend = share / ((1.0 + x) * (1.0 + x))
    x = max(x - 2.0 * miss * slope / max(2.0 * slope * slope - miss * bend, TINY), 0.0)
    infiltrated = min(max(water, 0.0), x * reach)
    return infiltrated, memory + infiltrated


@formula
def curve_number(water, rain, memory, seconds, retention, initial, share):  # noqa: ARG001
    """Infiltration after the curve number: the rain that does not run off at once.

    Parameters
    ----------
    water, rain : float
        Water on the cell after the rain of the interval, and that rain [m].
    memory : float
        Rain so far [m].
    seconds : float
        Not used: the model knows no time.
    retention : float
        Largest retention after runoff begins, S [m].
    initial : float
        Abstraction before runoff begins, Ia [m].
    share : float
        Share of the cell that is open soil.

    Returns
    -------
    infiltrated, memory : float
        [m].

    Notes
    -----
    USDA NRCS, National Engineering Handbook, part 630, chapter 10 (checked against its quotation
    by Hawkins et al., 2002): the runoff of a rain P is (P - Ia)^2 / (P - Ia + S). So P - Q is
    Ia + S e / (e + S) with e = P - Ia, and its increment S^2 (e2 - e1) / ((e1 + S) (e2 + S)),
    written so that nothing cancels in a long storm. Only rain infiltrates, not water that flows
    onto the cell: the method knows no more.
    """
    total = memory + rain
    before, after = max(memory - initial, 0.0), max(total - initial, 0.0)
    taken = min(total, initial) - min(memory, initial)
    denominator = max((before + retention) * (after + retention), TINY)
    taken += retention * retention * (after - before) / denominator
    return min(max(water, 0.0), share * max(taken, 0.0)), total


@dataclass(frozen=True, eq=False)
class Infiltration:
    """A model of infiltration with its parameters over the city.

    Parameters
    ----------
    model : int
        `CONSTANT`, `HORTON`, `GREEN_AMPT` or `CURVE_NUMBER`; made by the method of that name.
    p0, p1, p2 : float or (ny, nx) array
        Parameters of the model's formula, for a cell of nothing but open soil.
    """

    model: int
    p0: float | np.ndarray = 0.0
    p1: float | np.ndarray = 0.0
    p2: float | np.ndarray = 0.0

    @classmethod
    def constant(cls, rate):
        """The same rate at any time [m s-1].

        Raises
        ------
        InputError
            The rate is negative, not finite or faster than any soil.
        """
        return cls(CONSTANT, _within("rate of infiltration", rate, FASTEST, "m s-1"))

    @classmethod
    def horton(cls, initial, final, decay):
        """Capacity from `initial` to `final` [m s-1], falling by `decay` [s-1].

        Raises
        ------
        InputError
            A parameter is out of range, or the initial capacity is below the final one.
        """
        initial = _within("Horton's initial capacity", initial, FASTEST, "m s-1")
        final = _within("Horton's final capacity", final, FASTEST, "m s-1")
        if np.any(initial < final):
            raise InputError(
                "Horton's initial capacity is below the final one, expected a capacity that falls; "
                "exchange them"
            )
        return cls(HORTON, initial, final, _within("Horton's decay", decay, 1.0, "s-1"))

    @classmethod
    def green_ampt(cls, conductivity, suction, deficit):
        """Saturated conductivity [m s-1], suction head [m], deficit of moisture [m3 m-3].

        Raises
        ------
        InputError
            A parameter is out of range.
        """
        conductivity = _within("Green-Ampt's conductivity", conductivity, FASTEST, "m s-1")
        suction = _within("Green-Ampt's suction head", suction, 10.0, "m")
        deficit = _within("Green-Ampt's moisture deficit", deficit, 1.0, "m3 m-3")
        return cls(GREEN_AMPT, conductivity, suction * deficit)

    @classmethod
    def curve_number(cls, number, ratio=0.2):
        """Curve number, 1 to 100, and initial abstraction as a ratio of the retention.

        Raises
        ------
        InputError
            A parameter is out of range.

        Notes
        -----
        S = 1000 / CN - 10 inches: USDA NRCS, National Engineering Handbook, part 630, chapter 10.
        """
        number = _within("curve number", number, 100.0, "", least=1.0)
        ratio = _within("ratio of initial abstraction", ratio, 1.0, "")
        retention = (1000.0 / number - 10.0) * 0.0254
        return cls(CURVE_NUMBER, retention, ratio * retention, 1.0)

    @property
    def has_memory(self):
        """Whether the model needs a float a cell that lives through the run."""
        return self.model != CONSTANT

    def rasters(self, shape, open_share=1.0):
        """Parameters of the formula on each cell, three read-only arrays (ny, nx).

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the city.
        open_share : float or (ny, nx) array
            Share of each cell that is open soil, 0 to 1.

        Raises
        ------
        InputError
            A parameter is not one number or an array of the city's shape.

        Notes
        -----
        All water of a cell reaches its open soil. Per area of the cell, the soil then takes its
        share of every rate and of every depth: Horton's two capacities, Green-Ampt's conductivity
        and storage. The curve number's depths belong to the rain, so its share is a parameter.
        """
        share = _within("share of open soil", open_share, 1.0, "")
        scaled = {
            CONSTANT: (self.p0 * share, 0.0, 0.0),
            HORTON: (self.p0 * share, self.p1 * share, self.p2),
            GREEN_AMPT: (self.p0 * share, self.p1 * share, 0.0),
            CURVE_NUMBER: (self.p0, self.p1, self.p2 * share),
        }[self.model]
        return tuple(_spread(values, shape) for values in scaled)


def _within(name, values, most, unit, least=0.0):
    """Return a parameter as float64; refuse what is not finite or out of range."""
    try:
        values = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {values!r}, expected numbers; correct it") from None
    wrong = values[~((values >= least) & (values <= most))]
    if wrong.size:
        raise InputError(
            f"{name} is {wrong.flat[0]:g}, expected {least:g} to {most:g} {unit}".rstrip()
            + "; check its unit and fill its voids"
        )
    return values


def _spread(values, shape):
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise InputError(
            f"infiltration is given on {np.shape(values)} cells, expected {tuple(shape)} as the "
            "city has; resample it to the city's grid"
        ) from None
