"""People's units at the edge, SI inside: one table and one conversion."""

from twin.errors import InputError

# unit -> (quantity, factor to SI). The first unit of a quantity is its SI unit.
_UNITS = {
    "m": ("length", 1.0),
    "cm": ("length", 1e-2),
    "mm": ("length", 1e-3),
    "ft": ("length", 0.3048),
    "m s-1": ("rate", 1.0),
    "m/s": ("rate", 1.0),
    "mm h-1": ("rate", 1e-3 / 3600.0),
    "mm/h": ("rate", 1e-3 / 3600.0),
    "mm/hr": ("rate", 1e-3 / 3600.0),
    "m3 s-1": ("discharge", 1.0),
    "m3/s": ("discharge", 1.0),
    "l/s": ("discharge", 1e-3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "1": ("fraction", 1.0),
    "%": ("fraction", 1e-2),
}

MM_PER_HOUR = _UNITS["mm/h"][1]
"""One millimetre an hour [m s-1]."""


def factor_to_si(unit, quantity):
    """Factor that turns a value in `unit` into SI.

    Parameters
    ----------
    unit : str
        For example ``"mm/h"``.
    quantity : str
        ``"length"``, ``"rate"``, ``"discharge"``, ``"time"`` or ``"fraction"``.

    Raises
    ------
    InputError
        The unit is not known, or measures something else.

    Examples
    --------
    >>> factor_to_si("cm", "length")
    0.01
    """
    known = [name for name, (kind, _) in _UNITS.items() if kind == quantity]
    if _UNITS.get(unit, ("", 0))[0] != quantity:
        raise InputError(
            f"unit {unit!r} is not a known unit of {quantity}, expected one of "
            f"{', '.join(known)}; convert the file or correct its unit"
        )
    return _UNITS[unit][1]
