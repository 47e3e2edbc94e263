"""Many screens at once: every tile arrives, and how long each took is printed."""

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlparse

import morecantile
import numpy as np
import small_city
from town_server import town_data, town_server  # noqa: F401

REQUESTS = 300
SCREENS = 8
TILES = morecantile.tms.get("WebMercatorQuad")


def _paths():
    """Tiles and frames as screens ask for them, each several times."""
    base = f"/api/cities/{small_city.CITY}"
    around = [t for z in (13, 14, 15, 16) for t in TILES.tiles(121.535, 25.008, 121.551, 25.019, z)]
    paths = [f"{base}/tiles/{t.z}/{t.x}/{t.y}.mvt" for t in around]
    paths += [f"{base}/runs/latest/tiles/max_depth/{t.z}/{t.x}/{t.y}.png" for t in around]
    paths += [f"{base}/runs/latest/frames/{k}.png" for k in range(small_city.STEPS)]
    return (paths * (REQUESTS // len(paths) + 1))[:REQUESTS]


def _ask(address, paths):
    """Ask for all paths over one connection; status and milliseconds of each."""
    connection = http.client.HTTPConnection(urlparse(address).netloc, timeout=60)
    answers = []
    for path in paths:
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        answers.append((answer.status, (time.perf_counter() - begun) * 1000))
    connection.close()
    return answers


def test_a_flood_of_requests_is_answered(town_server):  # noqa: F811
    paths = _paths()
    shares = [paths[k::SCREENS] for k in range(SCREENS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(SCREENS) as screens:
        done = screens.map(lambda share: _ask(town_server, share), shares)
        answers = [answer for share in done for answer in share]
    seconds = time.perf_counter() - begun
    p50, p95 = np.percentile([ms for _, ms in answers], [50, 95])
    sys.stdout.write(
        f"{len(answers)} requests over {SCREENS} connections in {seconds:.2f} s: "
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms\n"
    )
    assert len(answers) == REQUESTS
    assert {status for status, _ in answers} == {200}
