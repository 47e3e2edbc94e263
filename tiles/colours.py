"""How a value becomes a colour: one scale a field, for pictures, tiles and legends alike.

Each scale rises in lightness from step to step, so that it reads the same in the dark, in grey
and to colour-blind eyes. What is below the first limit (dry) is transparent.
"""

from dataclasses import dataclass

import numpy as np

from twin.errors import MissingError
from twin.fields import FIELDS


@dataclass(frozen=True)
class Scale:
    """Steps of colour for one field.

    Parameters
    ----------
    field : str
        Name of the field.
    units : str
        Unit of the limits, as people read it.
    factor : float
        Multiplies SI values into `units`.
    limits : tuple of float
        Lower limit of each step [units], rising.
    colours : tuple of str
        Colour of each step, ``"#rrggbb"``.
    opacity : float
        Of every step, 0 to 1.
    """

    field: str
    units: str
    factor: float
    limits: tuple
    colours: tuple
    opacity: float = 0.86

    def classify(self, values):
        """Step of each value: 0 is transparent (dry, NaN), 1 the first colour.

        Parameters
        ----------
        values : array_like
            In SI units, any shape.

        Returns
        -------
        numpy.ndarray
            uint8, same shape.
        """
        values = np.asarray(values, dtype="float64") * self.factor
        steps = np.zeros(values.shape, "uint8")
        for limit in self.limits:  # NaN is not over any; faster than a search for so few limits
            steps += values >= limit
        return steps

    @property
    def palette(self):
        """Red, green, blue, alpha of step 0, 1, ..., shape (steps + 1, 4), uint8."""
        rows = [bytes.fromhex(colour[1:]) for colour in self.colours]
        alpha = round(255 * self.opacity)
        return np.array([[0, 0, 0, 0]] + [[*row, alpha] for row in rows], dtype="uint8")

    @property
    def steps(self):
        """Legend rows: dicts with lower, upper (None: no end) and colour."""
        uppers = [*self.limits[1:], None]
        rows = zip(self.limits, uppers, self.colours, strict=True)
        return [{"lower": low, "upper": high, "colour": colour} for low, high, colour in rows]


DEPTH_LIMITS = (0.05, 0.15, 0.3, 0.5, 1.0, 2.0)
_WATER = ("#1f4f9e", "#2672c8", "#3a97e3", "#68bdec", "#a9dcee", "#fff0b8")
_HEAT = ("#3b4f9e", "#7a5bb0", "#b868a4", "#e58787", "#f6b78a", "#fde6a6")

SCALES = {
    scale.field: scale
    for scale in (
        Scale("water_depth", "m", 1.0, DEPTH_LIMITS, _WATER),
        Scale("max_depth", "m", 1.0, DEPTH_LIMITS, _WATER),
        Scale("max_speed", "m/s", 1.0, (0.1, 0.25, 0.5, 1.0, 2.0, 3.0), _HEAT),
        Scale("max_hazard", "m²/s", 1.0, (0.05, 0.1, 0.3, 0.6, 1.2, 2.4), _HEAT),
        Scale("hazard_class", "AR&R class", 1.0, (1, 2, 3, 4, 5, 6), _HEAT),
        Scale("arrival_time", "h", 1 / 3600, (0.0, 0.5, 1.0, 2.0, 3.0, 6.0), _HEAT[::-1]),
        Scale("wet_duration", "h", 1 / 3600, (0.1, 0.5, 1.0, 2.0, 4.0, 8.0), _WATER),
        Scale("probability", "%", 100.0, (5, 20, 40, 60, 80, 95), _HEAT),
    )
}
"""Field name -> its scale. `probability` is the share of members over a threshold."""


def scale_of(field):
    """Scale of a field.

    Raises
    ------
    MissingError
        No scale is known for that field.
    """
    if field not in SCALES:
        raise MissingError(
            f"no colours for field {field[:40]!r}, expected one of {', '.join(SCALES)}; "
            "ask for one of these"
        )
    return SCALES[field]


def title_of(field):
    """Plain name of a field for a legend."""
    return FIELDS[field].long_name if field in FIELDS else _TITLES[field]


_TITLES = {
    "probability": "share of members over the threshold",
    "hazard_class": "danger to people, vehicles and buildings (AR&R H1 to H6)",
}
