"""Whether a place can be reached by road while the water stands: cut off, or not."""

from dataclasses import dataclass

import numpy as np

from twin.roads.network import FARTHEST_ROAD
from twin.roads.passability import VEHICLES

GOALS = {"car": None, "ambulance": "hospital", "fire_engine": "fire_station"}
"""What a vehicle must be able to reach: a kind of place, or the arterial roads (None)."""


@dataclass(frozen=True)
class Reach:
    """Where one vehicle gets through in each step.

    Attributes
    ----------
    is_open : numpy.ndarray of bool
        Pieces that it can drive on and from which it reaches its goal, shape (step, piece).
    is_cut : numpy.ndarray of bool
        Pieces from which it does not, even if all roads of unknown depth were dry.
    goal : str
        What it reaches.
    usable : numpy.ndarray of bool
        Pieces that it may use when dry.
    """

    is_open: np.ndarray
    is_cut: np.ndarray
    goal: str
    usable: np.ndarray


class Access:
    """Access by road over the steps of a run.

    Parameters
    ----------
    network : twin.roads.network.RoadNetwork
    water : twin.roads.water.RoadWater
        Over its pieces.
    places : geopandas.GeoDataFrame or None
        With ``kind``: hospitals and fire stations are goals.

    Notes
    -----
    Steps are looked at one by one: a place has access in a step when the pieces that are passable
    in it join the road beside it with the goal. Without a place of that kind, or for a car, the
    goal is the part of the passable network that holds most arterial road, so that a dry stretch
    of main road that water has cut off is no goal.
    """

    def __init__(self, network, water, places):
        self.network = network
        self.water = water
        self.places = places
        self._reach = {}

    def reach(self, name):
        """`Reach` of a vehicle by its name, computed once."""
        if name not in self._reach:
            self._reach[name] = self._find_reach(VEHICLES[name], GOALS[name])
        return self._reach[name]

    def of_place(self, shape, step):
        """Access of one place in a step, and when it is cut.

        Parameters
        ----------
        shape : shapely geometry
            In the CRS of the network.
        step : int or None
            Of the run; None: only over the whole run.

        Returns
        -------
        dict
            ``cut``: whether a car is cut off in the step (None: not known, ``reason`` says why);
            ``vehicles``: for each of `GOALS` ``open``, ``goal``, ``cut_from``, ``open_again``;
            ``road`` (row), ``distance`` [m], ``percentile``.
        """
        answer = {"cut": None, "percentile": self.water.caution, "vehicles": {}}
        for name in GOALS:
            reach = self.reach(name)
            near = self.network.nearest(shape, reach.usable)
            if near is None or near[1] > FARTHEST_ROAD:
                answer["reason"] = f"no road within {FARTHEST_ROAD:g} m"
                return answer
            if name == "car":
                answer |= {"road": int(self.network.road[near[0]]), "distance": round(near[1], 1)}
            answer["vehicles"][name] = self._told(reach, near[0], step)
        is_open = answer["vehicles"]["car"]["open"]
        answer["cut"] = None if is_open is None else not is_open
        answer["reason"] = None
        if is_open is None:
            unknown = "the depth of the road beside it, or of all ways out, is not known"
            answer["reason"] = (
                unknown if step is not None else "the run says nothing of this moment"
            )
        return answer

    def _told(self, reach, piece, step):
        is_open, times = reach.is_open[:, piece], self.water.times
        cut = np.flatnonzero(reach.is_cut[:, piece])
        again = np.flatnonzero(is_open[cut[0] :]) if cut.size else cut
        known = step is not None and is_open[step] != reach.is_cut[step, piece]
        return {
            "open": bool(is_open[step]) if known else None,
            "goal": reach.goal,
            "cut_from": f"{times[cut[0]]}Z" if cut.size else None,
            "open_again": f"{times[cut[0] + again[0]]}Z" if again.size else None,
        }

    def _find_reach(self, vehicle, kind):
        network = self.network
        passable = self.water.is_passable(network, vehicle)
        unknown = ~np.isfinite(self.water.depth) & network.usable(vehicle)
        goals = self._goal_pieces(kind, vehicle)
        is_open = self._joined(passable, goals)
        is_cut = ~self._joined(passable | unknown, goals) if unknown.any() else ~is_open
        name = kind.replace("_", " ") if goals.size else "arterial roads"
        return Reach(is_open, is_cut, name, network.usable(vehicle))

    def _joined(self, passable, goals):
        """Passable pieces that are joined with a goal in each step, shape (step, piece)."""
        found = np.zeros_like(passable)
        for step, row in enumerate(passable):
            label = self._parts(row)
            wanted = label[goals[row[goals]]] if goals.size else self._arterial_part(label, row)
            found[step] = row & np.isin(label, wanted)
        return found

    def _goal_pieces(self, kind, vehicle):
        if kind is None or self.places is None or "kind" not in self.places:
            return np.empty(0, int)
        kinds = self.places["kind"].astype(str).str.lower().str.replace(" ", "_")
        shapes = self.places.geometry[(kinds == kind).to_numpy()]
        usable = self.network.usable(vehicle)
        near = [self.network.nearest(shape, usable) for shape in shapes]
        pieces = [found[0] for found in near if found is not None and found[1] <= FARTHEST_ROAD]
        return np.unique(np.array(pieces, int))

    def _parts(self, passable):
        """Number of the connected part that each passable piece belongs to, shape (piece,)."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        network = self.network
        pieces, count = np.flatnonzero(passable), len(network.junctions)
        ends = network.start[pieces], network.end[pieces]
        links = coo_array((np.ones(pieces.size, bool), ends), shape=(count, count))
        _, part = connected_components(links, directed=False)
        return part[network.start] if count else np.empty(0, int)

    def _arterial_part(self, label, passable):
        """The part with most arterial road; with most road where there is none."""
        network = self.network
        counts = passable & network.is_arterial if network.is_arterial.any() else passable
        if not counts.any():
            return np.empty(0, int)
        return np.bincount(label[counts], network.length[counts]).argmax(keepdims=True)
