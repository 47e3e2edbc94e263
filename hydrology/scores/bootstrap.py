"""How far a score can be trusted: whole runs or places are drawn again, with replacement."""

from dataclasses import dataclass

import numpy as np

REPLICATES = 1000
LEVEL = 0.9
"""Share of the replicates inside of an interval."""

ALIKE = 1e-12
"""Replicates that differ by less are the same but for rounding."""

LEAST_BLOCKS = 5
"""Of fewer blocks an interval would pretend to know more than it does."""


@dataclass(frozen=True)
class Estimate:
    """A score with its interval.

    Attributes
    ----------
    value : float
        NaN where the cases do not define it.
    low, high : float
        Ends of the interval of `LEVEL`; NaN where there are too few blocks.
    blocks : int
        How many independent groups of cases stand behind it.
    """

    value: float
    low: float
    high: float
    blocks: int


def estimate(parts, blocks, statistic, *, replicates=REPLICATES, level=LEVEL, seed=0):
    """A score out of sums over cases, with its bootstrap interval.

    Parameters
    ----------
    parts : (case, part) array
        What each case adds: every score of this room is a function of such sums.
    blocks : (case,) array
        Label of the run, the event or the place that a case belongs to. Cases of one block
        depend on each other, so that a block is drawn whole or not at all.
    statistic : callable
        ``statistic(sums)`` with sums (..., part) gives the score (...).
    replicates, level, seed
        How often is drawn, share inside of the interval, seed.

    Returns
    -------
    Estimate

    Notes
    -----
    Percentile interval of the bootstrap (Efron and Tibshirani, 1993, An Introduction to the
    Bootstrap, chapter 13) over blocks, as Hamill (1999, Wea. Forecasting 14, 155-167) asks for
    where errors at one time go together. Replicates in which the score is not defined are left
    out; where they are more than half there is no interval, nor where all are the same: blocks
    that agree by chance cannot tell how far they might differ.
    """
    sums = block_sums(parts, blocks)
    count = len(sums)
    value = float(statistic(sums.sum(axis=0))) if count else np.nan
    if count < LEAST_BLOCKS or not np.isfinite(value):
        return Estimate(value, np.nan, np.nan, count)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(count, np.full(count, 1.0 / count), size=replicates)
    scores = np.asarray(statistic(drawn @ sums), float)
    scores = scores[np.isfinite(scores)]
    if 2 * scores.size < replicates:
        return Estimate(value, np.nan, np.nan, count)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(scores, [tail, 1.0 - tail])
    if high - low < ALIKE:
        return Estimate(value, np.nan, np.nan, count)
    return Estimate(value, float(low), float(high), count)


def block_sums(parts, blocks):
    """Sums of what the cases add over each block, shape (block, part)."""
    parts = np.asarray(parts, float)
    parts = parts[:, None] if parts.ndim == 1 else parts
    _, number = np.unique(np.asarray(blocks), return_inverse=True)
    sums = np.zeros((number.max(initial=-1) + 1, parts.shape[1]))
    np.add.at(sums, number.ravel(), parts)
    return sums


def choose_blocks(*labels):
    """The first grouping with enough blocks for an interval, else the last.

    Parameters
    ----------
    *labels : (case,) arrays
        From the most to the least independent grouping, such as events, runs, places.

    Returns
    -------
    number : int
        Which one was chosen.
    blocks : (case,) array
    """
    for number, blocks in enumerate(labels):
        if len(np.unique(blocks)) >= LEAST_BLOCKS:
            return number, blocks
    return len(labels) - 1, labels[-1]
