"""Speed of the kernel beside the speed of the machine's memory, on beds that are all wet."""

from datetime import UTC, datetime

from benchmarks import machine
from benchmarks.bandwidth import triad_gb_s
from benchmarks.beds import LAKE_SHARE, dry_egg_box, egg_box, lake
from benchmarks.pace import fastest_run
from benchmarks.peers import measure_peers
from hydrology.solver.simulation import Settings
from twin.errors import InputError

SIZES = (62_500, 1_000_000, 4_000_000, 16_000_000)
"""Cells of the beds."""

SCHEMES = {"inertial": ("inertial", 1), "dynamic-1": ("dynamic", 1), "dynamic-2": ("dynamic", 2)}
"""Scheme and order by the word that chooses them."""

DTYPES = ("float32", "float64")

BYTES_PER_UPDATE = 32
"""What a step must move for a cell: read ground, roughness, depth, two discharges; write three."""

BOUNDS = {("inertial", 1): 1.0, ("dynamic", 1): 0.6, ("dynamic", 2): 0.3}
"""Least ratio of each scheme and order in float32, where a bed has `BOUND_CELLS`."""

BOUND_CELLS = 4_000_000

DRY_BOUND = 0.2
"""Most that a step of a country with a lake may cost, beside one that is all wet."""

SMALL_BOUND = 0.6
"""Least speed on 62,500 cells beside that on a million."""

SETUP_BYTES = {"float32": 150, "float64": 220}
"""Memory for each cell while a run is set up, with its terrain, about."""

FEWEST, MOST = 256, 10**9
"""Cells that a bed may have."""


def bench_kernel(sizes=SIZES, schemes=tuple(SCHEMES), dtypes=DTYPES, peers=False, progress=None):
    """Throughput of the solver with all physics on, beside the memory's and that of peers.

    Parameters
    ----------
    sizes : sequence of int
        Cells of each bed, rounded to a square.
    schemes : sequence of str
        Some of `SCHEMES`.
    dtypes : sequence of str
        Precisions.
    peers : bool
        Whether to run other solvers too, as far as they are installed.
    progress : callable or None
        Is told in a few words what is being measured.

    Returns
    -------
    dict
        `date`, `machine`, `threads`, `versions`; `triad_gb_s`, the larger of `triad_before_gb_s`
        and `triad_after_gb_s`; `rows`: scheme, order, dtype, device, cells, mcups, ratio (updates
        times 32 bytes over the triad), bound, bytes_per_cell, wet_share; `dry_share`
        and its bound; `small_share` (None where not measured) and its bound; `peers`: see
        `benchmarks.peers.measure_peers`; `skipped`: name and reason.

    Raises
    ------
    InputError
        A size, scheme or dtype that cannot be.
    """
    check_request(sizes, schemes, dtypes)
    tell = progress or _silent
    tell("memory bandwidth")
    before = triad_gb_s()
    rows, skipped = _rows(sizes, schemes, dtypes, tell)
    dry_share = _dry_share(min(max(sizes), BOUND_CELLS), schemes[0], dtypes[0], tell)
    beside, missing = measure_peers(max(sizes), tell) if peers else ([], [])
    tell("memory bandwidth again")
    after = triad_gb_s()
    for row in rows:
        row["ratio"] = row["mcups"] * 1e6 * BYTES_PER_UPDATE / (max(before, after) * 1e9)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        **machine.description(),
        "triad_gb_s": max(before, after),
        "triad_before_gb_s": before,
        "triad_after_gb_s": after,
        "rows": rows,
        "dry_share": dry_share,
        "dry_bound": DRY_BOUND,
        "small_share": small_share(rows),
        "small_bound": SMALL_BOUND,
        "peers": beside,
        "skipped": skipped + missing,
    }


def check_request(sizes, schemes, dtypes):
    """Refuse what cannot be measured, before anything is.

    Raises
    ------
    InputError
        A size, scheme or dtype that cannot be, or none at all.
    """
    for name, words, choices in (("scheme", schemes, tuple(SCHEMES)), ("dtype", dtypes, DTYPES)):
        for word in words or ("",):
            if word not in choices:
                raise InputError(
                    f"{name} is {word!r}, expected some of {', '.join(choices)}; choose from them"
                )
    for cells in sizes or (0,):
        if not FEWEST <= cells <= MOST:
            raise InputError(
                f"a bed of {cells:,} cells was asked for, expected {FEWEST} to {MOST:,}; "
                "choose another size"
            )


def _silent(_text):
    return None


def _settings(scheme, dtype):
    name, order = SCHEMES[scheme]
    return Settings(scheme=name, order=order, dtype=dtype, frame_seconds=1e9)


def _rows(sizes, schemes, dtypes, tell):
    """Measure each size with each scheme and dtype; a bed is made once and serves them all."""
    rows, skipped, paces = [], [], {}
    combinations = [(scheme, dtype) for scheme in schemes for dtype in dtypes]
    for cells in sorted(sizes):
        bed = None
        for scheme, dtype in combinations:
            name = f"{scheme} {dtype} {cells:,} cells"
            reason = machine.too_little_memory(cells * SETUP_BYTES[dtype])
            if reason:
                skipped.append({"name": name, "reason": reason})
                continue
            tell(name)
            bed = bed or egg_box(cells)
            run = fastest_run(bed, _settings(scheme, dtype), paces.get((scheme, dtype)))
            paces[scheme, dtype] = run.pace
            rows.append(_row(scheme, dtype, run))
    rank = {combination: place for place, combination in enumerate(combinations)}
    rows.sort(key=lambda row: rank[_word(row), row["dtype"]])
    return rows, skipped


def _word(row):
    return next(w for w, pair in SCHEMES.items() if pair == (row["scheme"], row["order"]))


def _row(scheme, dtype, run):
    name, order = SCHEMES[scheme]
    is_bound = dtype == "float32" and run.cells == BOUND_CELLS
    return {
        "scheme": name,
        "order": order,
        "dtype": dtype,
        "device": "cpu",
        "cells": run.cells,
        "mcups": run.mcups,
        "bound": BOUNDS[name, order] if is_bound else None,
        "bytes_per_cell": run.bytes_per_cell,
        "wet_share": run.wet_share,
    }


def _dry_share(cells, scheme, dtype, tell):
    """Cost of a step of a country of which a tenth is lake, beside that of one that is all wet."""
    settings = _settings(scheme, dtype)
    tell(f"{scheme} {dtype} {cells:,} cells of which {LAKE_SHARE:.0%} are wet")
    costs = [fastest_run(make(cells), settings).seconds_per_step for make in (lake, dry_egg_box)]
    return costs[0] / costs[1]


def small_share(rows):
    """Speed on 62,500 cells beside that on a million, of the first scheme and dtype that has both.

    Parameters
    ----------
    rows : sequence of dict
        See `bench_kernel`.

    Returns
    -------
    float or None
        None where the two sizes were not measured.
    """
    speed = {(_word(row), row["dtype"], row["cells"]): row["mcups"] for row in rows}
    for scheme, dtype, cells in speed:
        if cells == 62_500 and (scheme, dtype, 1_000_000) in speed:
            return speed[scheme, dtype, cells] / speed[scheme, dtype, 1_000_000]
    return None
