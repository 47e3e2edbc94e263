"""What is to be drawn of a run, as plain data; `benchmarks.figures` draws it."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Profile:
    """Levels and speeds along a line, computed and exact.

    Parameters
    ----------
    along : (n,) array
        Places on the line [m].
    axis : str
        What they are.
    ground, level, exact_level : (n,) arrays
        [m].
    speed, exact_speed : (n,) arrays
        [m s-1].
    seconds : float
        Time of the run [s].
    """

    along: np.ndarray
    axis: str
    ground: np.ndarray
    level: np.ndarray
    exact_level: np.ndarray
    speed: np.ndarray
    exact_speed: np.ndarray
    seconds: float

    @property
    def key(self):
        """Drawings of one key show the same."""
        return ("profile", self.seconds)


@dataclass(frozen=True)
class Series:
    """A quantity over time, computed and expected.

    Parameters
    ----------
    title : str
        What it is.
    seconds : (n,) array
        Times [s].
    values : (n,) array or dict of them
        Computed; several by their names.
    reference_seconds, reference : (m,) arrays or None
        Expected.
    unit, reference_name : str
        Of the values; what the expected ones are.
    """

    title: str
    seconds: np.ndarray
    values: object
    reference_seconds: np.ndarray | None = None
    reference: np.ndarray | None = None
    unit: str = ""
    reference_name: str = "exact"

    @property
    def key(self):
        """Drawings of one key show the same."""
        return ("series", self.title, None if self.reference is None else tuple(self.reference[:3]))


@dataclass(frozen=True)
class Map:
    """Depth over the plane.

    Parameters
    ----------
    title : str
        What it is.
    depth, ground : (ny, nx) arrays
        [m]; NaN where water cannot be.
    extent : tuple of float
        West, east, south, north [m].
    points : dict
        Gauges: name to (x, y).
    """

    title: str
    depth: np.ndarray
    ground: np.ndarray
    extent: tuple
    points: dict = field(default_factory=dict)

    @property
    def key(self):
        """Drawings of one key show the same."""
        return ("map", self.title)


@dataclass(frozen=True)
class Orders:
    """Errors over cell sizes [m], and the order that they show."""

    cell_sizes: tuple
    errors: tuple
    order: float

    @property
    def key(self):
        """Drawings of one key show the same."""
        return ("orders",)
