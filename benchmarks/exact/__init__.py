"""Exact solutions of the shallow water equations, by the names that case files use.

Each solution of `FIELDS` takes places x, y [m] and a time [s] with the keywords of its case and
gives `Water`; each of `SERIES` takes times [s] and gives a discharge [m3 s-1]. Grounds that belong
to a solution are in `GROUNDS`.
"""

from benchmarks.exact.bowl import curved_bowl, planar_bowl
from benchmarks.exact.bump import bump
from benchmarks.exact.channel import macdonald, macdonald_bed
from benchmarks.exact.dam_break import ritter, stoker
from benchmarks.exact.rain import plane_hydrograph, v_catchment_hydrograph
from benchmarks.exact.uniform import lake, uniform_flow
from benchmarks.exact.wave import inertial_wave, non_breaking_wave

FIELDS = {
    "bump": bump,
    "curved_bowl": curved_bowl,
    "inertial_wave": inertial_wave,
    "lake": lake,
    "macdonald": macdonald,
    "non_breaking_wave": non_breaking_wave,
    "planar_bowl": planar_bowl,
    "ritter": ritter,
    "stoker": stoker,
    "uniform_flow": uniform_flow,
}
"""Solutions over the plane: (x, y, t, **keywords) -> Water."""

SERIES = {
    "plane_hydrograph": plane_hydrograph,
    "v_catchment_hydrograph": v_catchment_hydrograph,
}
"""Hydrographs: (t, **keywords) -> discharge [m3 s-1]."""

__all__ = ["FIELDS", "SERIES", "macdonald_bed"]
