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
        if not 0 < self.courant <= 1 or not 0 < self.theta <= 1 or not self.frame_seconds > 0:
            raise InputError(
                f"courant {self.courant:g}, theta {self.theta:g}, frame_seconds "
                f"{self.frame_seconds:g}, expected 0 to 1, 0 to 1 and above 0; correct them"
            )


def _choose(name, value, choices):
    if value not in choices:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(map(repr, choices))}; choose one"
        )
