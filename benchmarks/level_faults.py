"""Precision and recall of the faults found in a made year of sewer levels, with rain about.

``python -m benchmarks.level_faults`` prints the table. The year is made here and knows nothing
of the detector: rain by storms, a daily and weekly pattern, ground water that follows the rain of
weeks, recession, noise, gaps, a holiday; and the faults, at random.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

STEPS_A_DAY = 144
DAYS = 365
KINDS = ("silting", "drift", "step", "no recession", "stuck", "spikes")
FAMILY = {"step": "blockage", "no recession": "blockage"}
"""A pipe that blocks in wet weather shows no step, only water that stays: one fault, two signs."""

START = pd.Timestamp("2025-01-01T00:00Z")


@dataclass(frozen=True)
class Year:
    """A made year.

    Attributes
    ----------
    levels, rain : pandas.DataFrame
        Readings of ``water_level`` [m] and ``rainfall_rate`` [m s-1].
    faults : pandas.DataFrame
        ``kind``, ``start``, ``end`` and ``size`` [m] of what was put in.
    """

    levels: pd.DataFrame
    rain: pd.DataFrame
    faults: pd.DataFrame


def make_year(seed, faults=2):
    """One year of one sensor at 10 minutes.

    Parameters
    ----------
    seed : int
    faults : int
        How many to put in, of random kinds, at least 12 days apart.

    Returns
    -------
    Year
    """
    rng = np.random.default_rng(seed)
    rain = _rain(rng)
    level = _clean_level(rng, rain)
    placed = []
    for kind in rng.permutation(KINDS)[:faults]:
        fault = _place(rng, kind, rain, placed)
        if fault is not None:
            level = _inject(rng, level, *fault)
            placed.append(fault)
    level = np.round(level, 3)
    level[_gaps(rng)] = np.nan
    times = START + pd.to_timedelta(np.arange(level.size) * 10, unit="min")
    table = pd.DataFrame(
        [(kind, times[a], times[b], size) for kind, a, b, size in placed],
        columns=["kind", "start", "end", "size"],
    )
    return Year(
        _readings(level, times, "water_level"),
        _readings(rain * 1e-3 / 600, times, "rainfall_rate"),
        table,
    )


def _readings(values, times, name):
    frame = pd.DataFrame({"phenomenon_time": times, "value": values})
    return frame.assign(
        source_id="made",
        station_id="P1",
        property=name,
        received_time=times + pd.Timedelta("2min"),
        raw_value="",
        raw_unit="m",
        flag=np.where(np.isnan(values), 9, 1),
    )


def _rain(rng):
    """Rain of each 10 minutes [mm]: showers, fronts and two or three typhoons."""
    rain = np.zeros(DAYS * STEPS_A_DAY)
    for day in range(DAYS):
        wet_season = 120 < day < 290
        for _ in range(rng.poisson(0.35 if wet_season else 0.15)):
            hours = rng.gamma(1.5, 1.5 if wet_season else 4.0)
            _storm(rng, rain, day, hours, rng.gamma(1.5, 12.0 if wet_season else 6.0))
    for day in rng.integers(150, 290, rng.integers(2, 4)):
        _storm(rng, rain, day, rng.uniform(24, 60), rng.uniform(120, 350))
    return np.round(rain * 2) / 2


def _storm(rng, rain, day, hours, total):
    start = day * STEPS_A_DAY + rng.integers(0, STEPS_A_DAY)
    count = max(2, int(hours * 6))
    shape = np.sin(np.linspace(0, np.pi, count)) * rng.gamma(1.0, 1.0, count)
    end = min(start + count, rain.size)
    rain[start:end] += (total * shape / shape.sum())[: end - start]


def _clean_level(rng, rain):
    """Level without faults [m]."""
    step = np.arange(rain.size)
    hour, day = step / 6 % 24, step // STEPS_A_DAY
    size = rng.uniform(0.01, 0.06)
    holiday = rng.integers(20, 340)
    daily = np.exp(0.08 * _walk(rng, DAYS, 0.7))[day]
    at_rest = np.where(day % 7 >= 5, 1.2, 1.0) * np.where(abs(day - holiday) <= 3, 0.6, 1.0)
    late = np.where(day % 7 >= 5, 1.5, 0.0)
    pattern = np.sin((hour - 4 - late) / 24 * 2 * np.pi) + 0.5 * np.sin((hour - 1) / 12 * 2 * np.pi)
    quick = _decay(rain, rng.uniform(1, 4) * 6) * rng.uniform(0.005, 0.02)
    quick = 1.2 * np.tanh(quick / 1.2)
    ground = _decay(rain, rng.uniform(10, 25) * STEPS_A_DAY) * rng.uniform(0, 2.5e-4)
    slow = np.interp(step / STEPS_A_DAY, np.arange(DAYS), 0.004 * _walk(rng, DAYS, 0.9))
    noise = rng.normal(0, rng.uniform(0.001, 0.003), rain.size)
    return 0.4 + size * pattern * daily * at_rest + quick + ground + slow + noise


def _walk(rng, count, memory):
    """A standard normal series that remembers its day before."""
    walk = rng.normal(0, 1, count)
    for i in range(1, count):
        walk[i] = memory * walk[i - 1] + np.sqrt(1 - memory**2) * walk[i]
    return walk


def _decay(rain, steps):
    """Rain that has not run off yet, each 10 minutes [mm]."""
    kernel = np.exp(-np.arange(int(8 * steps)) / steps)
    size = rain.size + kernel.size
    product = np.fft.irfft(np.fft.rfft(rain, size) * np.fft.rfft(kernel, size), size)
    return np.maximum(product[: rain.size], 0)


_DAYS_LONG = {
    "silting": (40, 90),
    "drift": (40, 90),
    "step": (1, 8),
    "no recession": (1.5, 5),
    "stuck": (0.75, 3),
    "spikes": (1, 2),
}
_SIZE = {
    "silting": (0.06, 0.16),
    "drift": (-0.16, -0.06),
    "step": (0.08, 0.35),
    "no recession": (0.5, 0.95),
    "stuck": (0, 0),
    "spikes": (0.3, 1.5),
}


def _place(rng, kind, rain, placed):
    """Kind, first and last step and size of a fault that is clear of the others; or None."""
    for _ in range(200):
        length = int(rng.uniform(*_DAYS_LONG[kind]) * STEPS_A_DAY)
        start = rng.integers(70 * STEPS_A_DAY, rain.size - length - 5 * STEPS_A_DAY)
        if kind == "no recession":
            ends = np.flatnonzero((_decay(rain, 6)[:-1] > 12) & (rain[1:] == 0))
            ends = ends[(ends > 70 * STEPS_A_DAY) & (ends < rain.size - length - 720)]
            if not ends.size:
                return None
            start = rng.choice(ends)
        apart = 12 * STEPS_A_DAY
        if all(start > b + apart or start + length < a - apart for _, a, b, _ in placed):
            return kind, start, start + length, rng.uniform(*_SIZE[kind])
    return None


def _inject(rng, level, kind, start, end, size):
    level, part = level.copy(), slice(start, end)
    count = end - start
    if kind in ("silting", "drift"):  # grows, and is cleared at the end
        level[part] += np.linspace(0, size, count)
    elif kind == "step":
        level[part] += size * np.minimum(1, np.arange(count) / rng.integers(1, 7))
    elif kind == "no recession":
        excess = max(level[start] - np.median(level[start - 1008 : start]), 0.08)
        held = size * excess * np.exp(-np.arange(count) / rng.uniform(400, 900))
        base = np.median(level[start - 1008 : start])
        level[part] = np.maximum(level[part], base + held + rng.normal(0, 0.002, count))
    elif kind == "stuck":
        level[part] = level[start]
    else:
        hits = rng.choice(np.arange(start, end), max(6, count // 15), replace=False)
        level[hits] += size * rng.choice([-1, 1], hits.size)
    return level


def _gaps(rng):
    """Steps without a reading: single ones, and some hours now and then."""
    lost = rng.random(DAYS * STEPS_A_DAY) < 0.02
    for start in rng.integers(0, lost.size, 12):
        lost[start : start + rng.integers(6, 60)] = True
    return lost


def score(found, faults, grace="2D"):
    """Which finds are right, and which faults were found while they lasted.

    Parameters
    ----------
    found : pandas.DataFrame
        ``kind`` and ``found`` (time of the alarm).
    faults : pandas.DataFrame
        ``kind``, ``start`` and ``end``.
    grace : str
        An alarm so long after the end still belongs to the fault.

    Returns
    -------
    right : (found,) bool array
    caught : (faults,) bool array
    """
    hit = [
        [
            FAMILY.get(one.kind, one.kind) == FAMILY.get(other.kind, other.kind)
            and other.start <= one.found <= other.end + pd.Timedelta(grace)
            for other in faults.itertuples()
        ]
        for one in found.itertuples()
    ]
    table = np.array(hit, bool).reshape(len(found), len(faults))
    return table.any(axis=1), table.any(axis=0)


def measure(seeds, faults=2):
    """Precision and recall of each kind over many years.

    Parameters
    ----------
    seeds : iterable of int
    faults : int
        Faults a year.

    Returns
    -------
    pandas.DataFrame
        Index kind and "all"; ``faults``, ``caught``, ``alarms``, ``right``, ``recall`` and
        ``precision``.
    """
    from twin.quality.level_faults import find_level_faults

    counts = pd.DataFrame(0, index=KINDS, columns=["faults", "caught", "alarms", "right"])
    for seed in seeds:
        year = make_year(seed, faults)
        found = find_level_faults(year.levels, year.rain)
        right, caught = score(found, year.faults)
        for kind in KINDS:
            own, put = found["kind"] == kind, year.faults["kind"] == kind
            counts.loc[kind] += [put.sum(), caught[put].sum(), own.sum(), right[own].sum()]
    counts.loc["all"] = counts.sum()
    counts["recall"] = counts["caught"] / counts["faults"].where(counts["faults"] > 0)
    counts["precision"] = counts["right"] / counts["alarms"].where(counts["alarms"] > 0)
    return counts


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=30, help="made years, one seed each")
    parser.add_argument("--first-seed", type=int, default=1000)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.years)
    print(measure(seeds).round(2).to_string())  # noqa: T201 a command prints its answer


if __name__ == "__main__":
    main()
