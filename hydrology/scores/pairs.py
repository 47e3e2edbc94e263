"""Forecast and truth side by side: one case a place and a time, or a place and a window."""

from dataclasses import dataclass, replace

import numpy as np

from hydrology.scores.probabilistic import probability_of
from twin.errors import InputError

LABELS = ("run_id", "event", "issue_time", "lead_minutes", "place", "district")
"""Columns of the labels of each case."""


@dataclass(frozen=True)
class Pairs:
    """What was forecast and what came true.

    Parameters
    ----------
    members : (case, member) array
        Depth in each member [m]; NaN where a forecast has fewer members.
    observed : (case,) array
        Depth that came [m]; NaN where only wet or dry is known.
    wet : (case,) array
        1 where water was seen, 0 where none was, NaN where only the depth says so.
    labels : pandas.DataFrame
        Columns `LABELS`, one row a case; ``lead_minutes`` counts from the issue time.
    references : dict
        Name -> (case, member) depths of another forecast for the same cases; NaN where it has
        none.

    Raises
    ------
    InputError
        The parts have different numbers of cases.
    """

    members: np.ndarray
    observed: np.ndarray
    wet: np.ndarray
    labels: object
    references: dict

    def __post_init__(self):
        parts = (self.observed, self.wet, self.labels, *self.references.values())
        if any(len(part) != len(self.members) for part in parts):
            raise InputError(
                f"{[len(part) for part in parts]} observations and labels for "
                f"{len(self.members)} forecasts, expected one each"
            )

    def __len__(self):
        return len(self.members)

    def select(self, chosen):
        """Some of the cases.

        Parameters
        ----------
        chosen : (case,) array of bool
        """
        chosen = np.asarray(chosen, bool)
        return Pairs(
            self.members[chosen],
            self.observed[chosen],
            self.wet[chosen],
            self.labels[chosen].reset_index(drop=True),
            {name: values[chosen] for name, values in self.references.items()},
        )

    def of_reference(self, name):
        """The same cases as another forecast would have had them; where it has none is NaN."""
        return replace(self, members=self.references[name], references={})

    def probability(self, threshold):
        """Share of members deeper than a threshold [m], shape (case,)."""
        return probability_of(self.members, threshold)

    def event(self, threshold):
        """Whether it was deeper than a threshold [m]: 1, 0, or NaN where nobody can say.

        Notes
        -----
        Dry is not deep, whatever the threshold; wet without a depth says nothing about more
        than a trace, and then counts at the lowest threshold asked for only (see `table`).
        """
        known = np.isfinite(self.observed)
        by_depth = np.where(known, self.observed > threshold, np.nan)
        return np.where(~known & (self.wet == 0), 0.0, by_depth)

    def event_or_wet(self, threshold):
        """As `event`, where water without a depth counts as deeper than the threshold."""
        event = self.event(threshold)
        return np.where(np.isnan(event) & (self.wet == 1), 1.0, event)


def join_pairs(several):
    """One out of several pairs; members and references are padded with NaN.

    Raises
    ------
    InputError
        There is none.
    """
    import pandas as pd

    several = [pairs for pairs in several if len(pairs)]
    if not several:
        raise InputError("no pair of a forecast and an observation, expected at least one")
    names = sorted({name for pairs in several for name in pairs.references})
    return Pairs(
        _stacked([pairs.members for pairs in several]),
        np.concatenate([pairs.observed for pairs in several]),
        np.concatenate([pairs.wet for pairs in several]),
        pd.concat([pairs.labels for pairs in several], ignore_index=True),
        {name: _stacked([_reference(pairs, name) for pairs in several]) for name in names},
    )


def _reference(pairs, name):
    return pairs.references.get(name, np.full((len(pairs), 1), np.nan))


def _stacked(arrays):
    widest = max(array.shape[1] for array in arrays)
    return np.concatenate(
        [
            np.pad(array, ((0, 0), (0, widest - array.shape[1])), constant_values=np.nan)
            for array in arrays
        ]
    )
