"""How a simulation is computed: scheme, precision, step, thresholds."""

from dataclasses import dataclass

from hydrology.solver.ground import free_sides
from twin.errors import InputError

COURANT = {("inertial", 1): 0.6, ("dynamic", 1): 0.45, ("dynamic", 2): 0.4}
"""Share of the stable time step that each scheme and order takes unless told otherwise.

In two dimensions, 0.707 is the most that the inertial scheme bears.
"""


@dataclass(frozen=True)
class Settings:
    """How a simulation is computed.

    Parameters
    ----------
    scheme : str
        "inertial", the local inertial equations, or "dynamic", the full shallow water equations.
    order : int
        Order of the dynamic scheme, 1 or 2; the inertial one has order 1.
    dtype : str
        "float32", or "float64" for reference.
    device : str
        "cpu" or "cuda".
    courant : float or None
        Share of the stable time step that is taken; None takes the scheme's own.
    theta : float
        Weight of a face's own discharge in the q-centred mean of the inertial scheme, 0.7 to 1.
    froude : float
        Largest Froude number of the flow through a face in the inertial scheme.
    wave_depth : float or None
        Water deeper than this passes waves no faster than this depth does [m], so that a deep
        river does not hold up the steps of a whole city: see `physics.face_discharge`. None changes
        no wave; the dynamic scheme takes nothing else.
    frame_seconds : float
        Time between two frames of the result [s].
    wet_depth : float
        Depth from which arrival and duration count [m].
    edges : str or None
        "closed", "free" or free sides such as "north,east"; None takes the terrain's own.
    """

    scheme: str = "inertial"
    order: int = 1
    dtype: str = "float32"
    device: str = "cpu"
    courant: float | None = None
    theta: float = 0.9
    froude: float = 1.0
    wave_depth: float | None = None
    frame_seconds: float = 600.0
    wet_depth: float = 0.05
    edges: str | None = None

    def __post_init__(self):
        _choose("scheme", self.scheme, ("inertial", "dynamic"))
        _choose("dtype", self.dtype, ("float32", "float64"))
        _choose("device", self.device, ("cpu", "cuda"))
        object.__setattr__(self, "order", self._checked_order())
        free_sides(self.edges or "closed")
        if self.courant is None:
            object.__setattr__(self, "courant", COURANT[self.scheme, self.order])
        _require("courant", self.courant, 0 < self.courant <= 1, "above 0 to 1")
        _require("theta", self.theta, 0 < self.theta <= 1, "above 0 to 1")
        _require("froude", self.froude, 0 < self.froude <= 100, "above 0 to 100")
        if self.wave_depth is not None:
            self._check_wave_depth()
        _require("frame_seconds", self.frame_seconds, self.frame_seconds > 0, "above 0")
        _require("wet_depth", self.wet_depth, 0 < self.wet_depth < 1000, "above 0 [m]")

    def _check_wave_depth(self):
        _require("wave_depth", self.wave_depth, self.wave_depth >= 0.5, "0.5 or more [m]")
        if self.scheme == "dynamic":
            raise InputError(
                f"wave_depth is {self.wave_depth:g} with scheme 'dynamic', expected none, as it "
                "follows every wave; leave it out, or use scheme 'inertial'"
            )

    def _checked_order(self):
        orders = (1,) if self.scheme == "inertial" else (1, 2)
        if self.order not in orders:
            raise InputError(
                f"order is {self.order} with scheme {self.scheme!r}, expected "
                f"{' or '.join(map(str, orders))}; order 2 belongs to the dynamic scheme"
            )
        return int(self.order)


def _require(name, value, holds, expected):
    if not holds:
        raise InputError(f"{name} is {value:g}, expected {expected}; correct it")


def _choose(name, value, choices):
    if value not in choices:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(map(repr, choices))}; choose one"
        )
