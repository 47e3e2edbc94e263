"""The verb `bench`: what is measured, and the file that keeps it."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from twin.errors import DeviceError, InputError, MissingError


def bench_kernel(*, sizes=None, schemes=None, dtypes=None, peers=False, out=None, quiet=False):
    """Measure the kernel beside the machine's memory.

    Parameters
    ----------
    sizes : sequence of int, optional
        Cells of the beds.
    schemes, dtypes : sequence of str, optional
        Some of `benchmarks.kernel.SCHEMES` and of its `DTYPES`; default all.
    peers : bool
        Whether to run other solvers too, as far as they are installed.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.kernel.bench_kernel`; and `file`, or None.

    Raises
    ------
    InputError
        Something that came in cannot be, or the file cannot be written.
    """
    from benchmarks import kernel

    what = (sizes or kernel.SIZES, schemes or tuple(kernel.SCHEMES), dtypes or kernel.DTYPES)
    kernel.check_request(*what)
    with _kept("kernel", out, quiet) as (result, tell):
        result |= kernel.bench_kernel(*what, peers=peers, progress=tell)
    return result


def bench_nowcast(*, radar, members=20, minutes=60.0, every=30.0, seed=1, out=None, quiet=False):
    """Score the radar nowcast against the fields that came.

    Parameters
    ----------
    radar : path-like
        Folder of KNMI radar composites, five minutes apart.
    members : int
        Of the ensemble.
    minutes : float
        How far ahead [min].
    every : float
        Time between two issue times [min].
    seed : int
        Of the ensemble.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.nowcast.bench_nowcast`; and `file`, or None.

    Raises
    ------
    MissingError
        The folder holds no radar.
    InputError
        There are too few fields, or the file cannot be written.
    """
    from benchmarks import nowcast
    from twin.feeds.knmi_radar import read_series

    with _kept("nowcast", out, quiet) as (result, tell):
        result |= nowcast.bench_nowcast(
            read_series(Path(radar)),
            members=members,
            minutes=minutes,
            every=every,
            seed=seed,
            progress=tell,
        )
    return result


def bench_assimilation(
    *,
    city,
    seeds=None,
    errors="hidden",
    rain="persistence",
    members=20,
    coarsen=1,
    out=None,
    quiet=False,
):
    """Compare the ensemble that hears its sensors with the same one that does not.

    Parameters
    ----------
    city : path-like
        Folder of a sample city.
    seeds : sequence of int, optional
        Of the hidden truths; default those of `benchmarks.assimilation`.
    errors, rain : str
        What is wrong with model and gauges; which rain ahead.
    members : int
        Of both ensembles.
    coarsen : int
        Cells on an edge that become one: 2 takes an eighth of the time.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.assimilation.bench_assimilation`; and `file`, or None.

    Raises
    ------
    MissingError
        There is no such city.
    InputError
        Something that came in cannot be, or the file cannot be written.
    """
    from benchmarks import assimilation
    from benchmarks.hidden_truth import bench_city
    from service.edge_water import boundaries_of, storm_series
    from twin.city import open_city

    package = open_city(city)
    chosen = bench_city(package, coarsen)
    ground = chosen.terrain["elevation"].values

    def boundaries(start, storm):
        return boundaries_of(package, chosen.grid, ground, start, storm_series(package, storm))

    with _kept("assimilation", out, quiet) as (result, tell):
        result |= assimilation.bench_assimilation(
            chosen,
            boundaries,
            seeds=seeds or assimilation.SEEDS,
            errors=errors,
            rain=rain,
            members=members,
            progress=tell,
        )
    return result


def bench_ingest(*, readings=200_000, store=None, out=None, quiet=False):
    """Measure how fast the observation store takes in readings.

    Parameters
    ----------
    readings : int
        New readings for each size of batch.
    store : path-like or str, optional
        An empty folder or the address of an empty PostgreSQL database; by default a folder that
        is removed afterwards.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.ingest.bench_ingest`; and `file`, or None.

    Raises
    ------
    InputError
        Too few readings, a store that is not empty, or the file cannot be written.
    DeviceError
        The disk or the database cannot.
    """
    from benchmarks import ingest

    with _kept("ingest", out, quiet) as (result, tell):
        result |= ingest.bench_ingest(readings, store, progress=tell)
    return result


def bench_tiles(*, buildings=100_000, cityjson=None, out=None, quiet=False):
    """Measure how fast buildings become 3D Tiles.

    Parameters
    ----------
    buildings : int
        Generated blocks.
    cityjson : path-like, optional
        A city model that is imported, tiled and checked too.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.tiles.bench_tiles`; and `file`, or None.

    Raises
    ------
    InputError
        A number of buildings that cannot be, no city model, or the file cannot be written.
    """
    from benchmarks import tiles

    with _kept("tiles", out, quiet) as (result, tell):
        result |= tiles.bench_tiles(buildings, cityjson, progress=tell)
    return result


def bench_serve(
    *, data=None, url=None, city=None, clients=8, requests=1_000, out=None, quiet=False
):
    """Measure how fast the running service answers many clients at once.

    Parameters
    ----------
    data : path-like, optional
        Data folder: a service is started over it, and ended afterwards.
    url : str, optional
        Address of a service that runs; one of both is needed.
    city : str, optional
        One of its cities with a run; default the first.
    clients, requests : int
        Clients at once; requests of each kind.
    out : path-like, optional
        File that keeps the result as JSON; none is written by default.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.serving.bench_serving`; and `file`, or None.

    Raises
    ------
    InputError
        Both or neither of `data` and `url` came, or the file cannot be written.
    MissingError
        There is no such city, or no run of it.
    DeviceError
        The service does not answer.
    """
    from benchmarks.serving import bench_serving

    if (data is None) == (url is None):
        raise InputError("a data folder or a URL is needed, expected one of both; name one")
    with _kept("serve", out, quiet) as (result, tell), _served(data, url) as (address, pid):
        result |= bench_serving(address, city, clients, requests, pid, tell)
    return result


@contextlib.contextmanager
def _kept(name, out, quiet):
    """A result to be filled while progress is told; then kept in the file `out`, if any."""
    from service.words.progress import Progress

    if out is not None:
        _require_file(Path(out))
    result = {"file": None if out is None else str(out)}
    with Progress(f"bench {name}", wanted=not quiet) as progress:
        yield result, progress.tell
    if out is not None:
        _write(Path(out), {key: value for key, value in result.items() if key != "file"})


@contextlib.contextmanager
def _served(data, url):
    """Address of a service; of one over a data folder, in a process of its own, its number too."""
    if data is None:
        yield url, None
        return
    data = Path(data)
    if not data.is_dir():
        raise MissingError(f"{data} is not there, expected a data folder; name one with --data")
    words = [sys.executable, "-m", "service.cli", "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen([*words, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline() or "{}")
        if "url" not in told:
            raise DeviceError(f"the service did not start: {told.get('error', 'it says nothing')}")
        yield told["url"], process.pid
    finally:
        process.terminate()
        process.wait()


def _require_file(path):
    from service.disk import require_writable

    if path.is_dir():
        raise InputError(f"{path} is a folder, expected the name of a JSON file; add one to --out")
    require_writable(path.parent)


def _write(path, result):
    """Keep a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    aside.replace(path)
