"""The verbs of `bench` and their flags; no import that takes time."""

from service.words.types import (
    add_verb,
    building_count,
    clients,
    members,
    positive,
    readings,
    requests,
    seed,
    sizes,
    words,
)


def add_bench(verbs):
    """Add ``bench`` with all that can be measured."""
    bench = verbs.add_parser("bench", help="measure speed beside the machine's own limits")
    bench_verbs = bench.add_subparsers(metavar="WHAT", required=True)
    for add in (
        _add_bench_kernel,
        _add_bench_nowcast,
        _add_bench_ingest,
        _add_bench_assimilation,
        _add_bench_tiles,
        _add_bench_serve,
    ):
        add(bench_verbs)


def _add_bench_kernel(verbs):
    add = add_verb(
        verbs, "kernel", "bench_kernel", "cell updates a second beside memory bandwidth"
    ).add_argument
    add(
        "--sizes",
        type=sizes,
        metavar="N,...",
        help="cells of the beds (default 62500,1000000,4000000,16000000)",
    )
    add("--schemes", type=words, metavar="S,...", help="of inertial,dynamic-1,dynamic-2 (all)")
    add("--dtypes", type=words, metavar="T,...", help="of float32,float64 (both)")
    add(
        "--peers",
        action="store_true",
        help="run landlab, itzi-core and ANUGA too, where floodtwin[peers] is installed",
    )
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_nowcast(verbs):
    add = add_verb(
        verbs, "nowcast", "bench_nowcast", "skill of the radar nowcast beside persistence"
    ).add_argument
    add("radar", metavar="DIR", help="folder of KNMI radar composites, five minutes apart")
    add("--members", type=members, default=20, help="of the ensemble (default 20)")
    add("--minutes", type=positive, default=60.0, help="how far ahead (default 60)")
    add("--every", type=positive, default=30.0, help="minutes between issue times (default 30)")
    add("--seed", type=seed, default=1, help="of the ensemble (default 1)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_ingest(verbs):
    add = add_verb(
        verbs, "ingest", "bench_ingest", "readings a second that the observation store takes in"
    ).add_argument
    add("--readings", type=readings, default=200_000, help="of each batch size (default 200000)")
    add("--store", metavar="WHERE", help="empty folder or PostgreSQL address (default: aside)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_assimilation(verbs):
    add = add_verb(
        verbs, "assimilation", "bench_assimilation", "the ensemble with its sensors and without"
    ).add_argument
    add("city", metavar="CITY", help="folder of a sample city")
    add("--seeds", type=sizes, metavar="N,...", help="of the hidden truths (default 11,12,13)")
    add("--errors", choices=("hidden", "none"), default="hidden", help="of the model and its rain")
    add("--rain", choices=("persistence", "numerical"), default="persistence", help="rain ahead")
    add("--members", type=members, default=20, help="of both ensembles (default 20)")
    add("--coarsen", type=seed, default=1, help="cells on an edge that become one (default 1)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_tiles(verbs):
    add = add_verb(
        verbs, "tiles", "bench_tiles", "buildings a second that become 3D Tiles, and the memory"
    ).add_argument
    add(
        "--buildings",
        type=building_count,
        default=100_000,
        help="generated blocks (default 100000)",
    )
    add("--cityjson", metavar="FILE", help="a city model to import, tile and check too")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_serve(verbs):
    add = add_verb(
        verbs, "serve", "bench_serve", "tiles a second and waiting times, with many clients at once"
    ).add_argument
    add("--data", metavar="DIR", help="start a service over this data folder, and end it")
    add("--url", help="or ask one that runs, such as http://127.0.0.1:8000")
    add("--city", metavar="NAME", help="one with a run (default the first)")
    add("--clients", type=clients, default=8, help="at once, 1 to 64 (default 8)")
    add("--requests", type=requests, default=1_000, help="of each kind (default 1000)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")
