"""What the suite found: one row a bound, one section a run."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One checked bound.

    Parameters
    ----------
    case, measure, label : str
        Name of the run, of the measure, and words for people.
    value : float or None
        What was measured; None where nothing could be.
    bound : float
        What it had to keep.
    at_least : bool
        Whether the bound is the least good value.
    passed : bool or None
        Whether it did; None where the case was skipped.
    seconds : float
        Time that the case took [s].
    note : str
        Why it was skipped, or how it failed.
    """

    case: str
    measure: str
    label: str
    value: float | None
    bound: float
    at_least: bool
    passed: bool | None
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Section:
    """One run of the suite as the report shows it.

    Parameters
    ----------
    name, title, group, source : str
        What it is.
    settings : dict
        Scheme, order, dtype and device, as far as they apply.
    cells, steps : int
        Cells that water can enter, and time steps.
    seconds : float
        Time that it took with its checks [s].
    rows : tuple of Row
        Its bounds.
    drawings : tuple
        What is to be drawn.
    """

    name: str
    title: str
    group: str
    source: str
    settings: dict
    cells: int
    steps: int
    seconds: float
    rows: tuple
    drawings: tuple = field(default=(), repr=False)
