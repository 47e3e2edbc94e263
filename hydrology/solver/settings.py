"""How a simulation is computed: scheme, precision, step, thresholds."""

from dataclasses import dataclass

from hydrology.solver.ground import free_sides
from twin.errors import DeviceError, InputError


@dataclass(frozen=True)
class Settings:
    """How a simulation is computed.

    Parameters
    ----------
    scheme : str
        "inertial", the local inertial equations.
    dtype : str
        "float32", or "float64" for reference.
    device : str
        "cpu".
    courant : float
        Share of the stable time step that is taken, 0.2 to 0.7.
    theta : float
        Weight of a face's own discharge in the q-centred mean, 0.7 to 1.
    froude : float
        Largest Froude number of the flow through a face.
    frame_seconds : float
        Time between two frames of the result [s].
    wet_depth : float
        Depth from which arrival and duration count [m].
    edges : str or None
        "closed", "free" or free sides such as "north,east"; None takes the terrain's own.
    """

    scheme: str = "inertial"
    dtype: str = "float32"
    device: str = "cpu"
    courant: float = 0.7
    theta: float = 0.9
    froude: float = 1.0
    frame_seconds: float = 600.0
    wet_depth: float = 0.05
    edges: str | None = None

    def __post_init__(self):
        _choose("scheme", self.scheme, ("inertial",))
        _choose("dtype", self.dtype, ("float32", "float64"))
        free_sides(self.edges or "closed")
        if self.device != "cpu":
            raise DeviceError(
                f"device {self.device!r} was asked for, this version computes on 'cpu' only; "
                "use --device cpu"
            )
        _require("courant", self.courant, 0 < self.courant <= 1, "above 0 to 1")
        _require("theta", self.theta, 0 < self.theta <= 1, "above 0 to 1")
        _require("froude", self.froude, 0 < self.froude <= 100, "above 0 to 100")
        _require("frame_seconds", self.frame_seconds, self.frame_seconds > 0, "above 0")
        _require("wet_depth", self.wet_depth, 0 < self.wet_depth < 1000, "above 0 [m]")


def _require(name, value, holds, expected):
    if not holds:
        raise InputError(f"{name} is {value:g}, expected {expected}; correct it")


def _choose(name, value, choices):
    if value not in choices:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(map(repr, choices))}; choose one"
        )
