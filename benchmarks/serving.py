"""How fast the running service answers many clients at once: p50 and p95 for each kind of tile."""

import http.client
import json
import os
import random
import time
import urllib.parse
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import morecantile
import numpy as np

from benchmarks import machine
from twin.errors import DeviceError, MissingError

CLIENTS = 8
BOUNDS = {"vector": (None, 50.0), "raster": (8.0, 30.0)}
"""Largest p50 and p95 of a kind [ms], where one is asked for."""

RASTER_ZOOMS = range(11, 18)
_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")
_LONGEST_SECONDS = 300.0
_IDLE_SHARE = 0.05  # of a processor


def bench_serving(address, city=None, clients=CLIENTS, requests=1_000, pid=None, progress=None):
    """Measure answers of a service to clients that each ask again as soon as they have theirs.

    Parameters
    ----------
    address : str
        Of the service, such as ``http://127.0.0.1:8000``.
    city : str, optional
        One of its cities, with a run; default the first.
    clients : int
        At once, each a process of its own with one connection.
    requests : int
        Of each kind, at most; fewer where a city has fewer tiles.
    pid : int, optional
        Of the service on this machine: then its processor time is counted too.
    progress : callable, optional
        Called with a few words before each part.

    Returns
    -------
    dict
        ``date``, what `machine.description` says, ``address``, ``city``, ``clients``, ``load``
        (of the machine before, by the minute), and ``rows``: ``kind``, ``round`` (``"first"``: no
        tile was asked for before in this measurement; ``"again"``), ``requests``, ``per_second``,
        ``p50``, ``p95``, ``largest`` [ms], ``cpu`` (of the service a tile [ms], or None),
        ``largest_bytes``, ``bound_p50``, ``bound_p95``.

    Raises
    ------
    MissingError
        The service has no such city, or no run of it.
    DeviceError
        It does not answer, or a tile failed.
    """
    place = urllib.parse.urlsplit(address).netloc
    kinds = _addresses(place, city, requests)
    name = kinds.pop("city")
    _wait_until_idle(pid)
    load = os.getloadavg()[0]
    rows = []
    for kind, paths in kinds.items():
        for which in ("first", "again"):
            if progress is not None:
                progress(f"{len(paths)} {kind} tiles, {which}")
            random.Random(len(rows)).shuffle(paths)
            rows.append(_measure(place, kind, which, paths, clients, pid))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **machine.description(),
        "address": address,
        "city": name,
        "clients": clients,
        "load": load,
        "rows": rows,
    }


def _addresses(place, city, requests):
    """Paths of tiles of each kind, and under ``city`` whose they are."""
    ask = _Client(place)
    there = {entry["name"]: entry for entry in ask.json("/api/cities")}
    with_runs = [name for name, entry in there.items() if entry["latest_run"]]
    if not with_runs or (city is not None and city not in with_runs):
        raise MissingError(
            f"the service has runs of {', '.join(with_runs) or 'no city'}, expected some of "
            f"{city or 'one'}; run `floodtwin simulate` first, or name another city"
        )
    name = city or with_runs[0]
    root = f"/api/cities/{name}"
    about = ask.json(root)
    run = ask.json(f"{root}/runs/latest")
    fields = [field["field"] for field in run["fields"]]
    chance = random.Random(1)
    first, last = about["tile_zooms"]
    vector = _tiles(about["bounds"], range(max(first, 10), last + 1), requests, chance)
    raster = _tiles(about["bounds"], RASTER_ZOOMS, requests, chance)
    fixed = f"{root}/runs/{run['run_id']}"
    found = {
        "vector": [f"{root}/tiles/{tile}.mvt" for tile in vector],
        "raster": [f"{fixed}/tiles/{chance.choice(fields)}/{tile}.png" for tile in raster],
        "numbers": [f"{fixed}/values/{chance.choice(fields)}/{tile}.png" for tile in raster],
    }
    scene = ask.json(f"{root}/3d")
    buildings = [f"{root}/3d/{uri}" for uri in ask.contents(scene["tileset"])]
    layer = ask.json(f"{root}/3d/terrain/layer.json")
    terrain = [f"{root}/3d/terrain/{tile}.terrain" for tile in _listed(layer["available"])]
    for kind, paths in (("buildings", buildings), ("terrain", terrain)):
        if paths:
            found[kind] = chance.sample(paths, min(requests, len(paths)))
    return {"city": name, **found}


def _tiles(bounds, zooms, count, chance):
    """So many tiles of a city, as many of each zoom as there are, up to an equal share."""
    found = []
    for left, zoom in zip(range(len(zooms), 0, -1), zooms, strict=True):
        there = [f"{t.z}/{t.x}/{t.y}" for t in _MERCATOR_TILES.tiles(*bounds, [zoom])]
        share = (count - len(found)) // left
        found += chance.sample(there, min(share, len(there)))
    return found


def _listed(available):
    return [
        f"{level}/{x}/{y}"
        for level, blocks in enumerate(available)
        for block in blocks
        for x in range(block["startX"], block["endX"] + 1)
        for y in range(block["startY"], block["endY"] + 1)
    ]


def _measure(place, kind, which, paths, clients, pid):
    context = get_context("spawn")
    with context.Pool(clients, initializer=_connect, initargs=(place,)) as pool:
        pool.map(_ready, range(clients * 4), chunksize=1)  # no process is still starting
        before, began = _cpu_seconds(pid), time.perf_counter()
        answers = pool.map(_ask_all, [paths[k::clients] for k in range(clients)], chunksize=1)
        seconds, after = time.perf_counter() - began, _cpu_seconds(pid)
    milliseconds = np.concatenate([[row[0] for row in part] for part in answers if part])
    bound = BOUNDS.get(kind, (None, None))
    return {
        "kind": kind,
        "round": which,
        "requests": len(milliseconds),
        "per_second": len(milliseconds) / seconds,
        "p50": float(np.percentile(milliseconds, 50)),
        "p95": float(np.percentile(milliseconds, 95)),
        "largest": float(milliseconds.max()),
        "cpu": None if pid is None else (after - before) * 1000 / len(milliseconds),
        "largest_bytes": max(row[1] for part in answers for row in part),
        "bound_p50": bound[0],
        "bound_p95": bound[1],
    }


class _Client:
    """One connection to the service that stays open."""

    def __init__(self, place):
        self._line = http.client.HTTPConnection(place, timeout=60)

    def get(self, path):
        """Body of an answer, and its size as it travelled."""
        try:
            self._line.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = self._line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise DeviceError(
                f"the service at {self._line.host}:{self._line.port} does not answer ({error}), "
                "expected a running `floodtwin serve`; start it"
            ) from error
        return answer, body

    def json(self, path):
        """A JSON answer; one that is not ready is waited for."""
        import gzip

        end = time.monotonic() + _LONGEST_SECONDS
        answer, body = self.get(path)
        while answer.status == 503 and time.monotonic() < end:
            time.sleep(1)
            answer, body = self.get(path)
        if answer.status != 200:
            raise MissingError(f"{path} answers {answer.status}: {body[:200]!r}; expected 200")
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return json.loads(body)

    def contents(self, path):
        """Addresses of the GLBs of a tileset, those of its other files included."""
        found, left = [], [path]
        while left:
            file = left.pop()
            stack = [self.json(file)["root"]]
            while stack:
                tile = stack.pop()
                stack += tile.get("children", [])
                uri = tile.get("content", {}).get("uri", "")
                if uri.endswith(".glb"):
                    found.append(uri.removeprefix("../"))
                elif uri:
                    left.append(urllib.parse.urljoin(file, uri))
        return found


_client = None


def _connect(place):
    global _client
    _client = _Client(place)


def _ready(_):
    _client.get("/api/health")
    time.sleep(0.02)


def _ask_all(paths):
    """Milliseconds and bytes of each answer."""
    found = []
    for path in paths:
        began = time.perf_counter()
        answer, body = _client.get(path)
        if answer.status != 200:
            raise DeviceError(f"{path} answers {answer.status}, expected 200; look at the service")
        found.append(((time.perf_counter() - began) * 1000, len(body)))
    return found


def _wait_until_idle(pid):
    """Let a service end what it does of itself when it starts."""
    end = time.monotonic() + _LONGEST_SECONDS
    busy = pid is not None
    while busy and time.monotonic() < end:
        before = _cpu_seconds(pid)
        time.sleep(1)
        busy = _cpu_seconds(pid) - before > _IDLE_SHARE


def _cpu_seconds(pid):
    """Processor time of a process so far, its threads included; 0 without one."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
