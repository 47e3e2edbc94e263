"""The verbs of the command line and their flags; no import that takes time."""

import argparse
from importlib.metadata import PackageNotFoundError, version

from twin.errors import InputError

SIZES = ("small", "district", "metro")
MOST_MEMBERS = 200


class Parser(argparse.ArgumentParser):
    """Parser that raises `InputError` instead of printing several lines."""

    def error(self, message):
        """Say in one line what is wrong with the words.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(f"{message}; see `{self.prog} --help`")


def program_version():
    """Version of Floodtwin that computes here."""
    try:
        return version("floodtwin")
    except PackageNotFoundError:
        return "unknown"


def build_parser():
    """Parser of all verbs; `verb` in its result names a function of `service.engine`."""
    parser = Parser(
        prog="floodtwin",
        description="Forecast where a city will flood, and show it in a living twin of that city.",
        epilog="Every verb takes --json: one object on standard output, nothing else there. "
        "Bad input ends with one line on standard error and exit code 2.",
    )
    parser.add_argument("--version", action="version", version=f"floodtwin {program_version()}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    city = verbs.add_parser("city", help="make, import and check cities")
    city_verbs = city.add_subparsers(metavar="VERB", required=True)
    for add in (_add_sample, _add_import, _add_check):
        add(city_verbs)
    bench = verbs.add_parser("bench", help="measure speed beside the machine's own limits")
    bench_verbs = bench.add_subparsers(metavar="WHAT", required=True)
    for add in (
        _add_bench_kernel,
        _add_bench_nowcast,
        _add_bench_ingest,
        _add_bench_assimilation,
    ):
        add(bench_verbs)
    learn = verbs.add_parser("learn", help="parameters from past events, in shadow until better")
    learn_verbs = learn.add_subparsers(metavar="VERB", required=True)
    for add in (_add_learn_shadow, _add_learn_adopt, _add_learn_rollback, _add_learn_list):
        add(learn_verbs)
    feeds = verbs.add_parser("feeds", help="poll sources, and see how they are")
    feeds_verbs = feeds.add_subparsers(metavar="VERB", required=True)
    for add in (_add_feeds_list, _add_feeds_health, _add_feeds_poll, _add_feeds_replay):
        add(feeds_verbs)
    for add in (_add_simulate, _add_validate, _add_ingest, _add_forecast, _add_verify, _add_serve):
        add(verbs)
    return parser


def _add_verb(verbs, word, function, summary):
    parser = verbs.add_parser(word, help=summary, description=summary[0].upper() + summary[1:])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=function)
    parser.register("type", None, _text)  # of every word that names no other type
    return parser


def _add_sample(verbs):
    add = _add_verb(verbs, "sample", "sample_city", "generate the sample city").add_argument
    add("--size", choices=SIZES, default="small", help="1 km2, 25 km2 or 2053 km2 (default small)")
    add("--seed", type=_seed, default=1, help="another number, another city (default 1)")
    add("--out", metavar="DIR", help="folder of the new city (default cities/sample-SIZE-SEED)")


def _add_bench_kernel(verbs):
    add = _add_verb(
        verbs, "kernel", "bench_kernel", "cell updates a second beside memory bandwidth"
    ).add_argument
    add(
        "--sizes",
        type=_sizes,
        metavar="N,...",
        help="cells of the beds (default 62500,1000000,4000000,16000000)",
    )
    add("--schemes", type=_words, metavar="S,...", help="of inertial,dynamic-1,dynamic-2 (all)")
    add("--dtypes", type=_words, metavar="T,...", help="of float32,float64 (both)")
    add(
        "--peers",
        action="store_true",
        help="run landlab, itzi-core and ANUGA too, where floodtwin[peers] is installed",
    )
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_nowcast(verbs):
    add = _add_verb(
        verbs, "nowcast", "bench_nowcast", "skill of the radar nowcast beside persistence"
    ).add_argument
    add("radar", metavar="DIR", help="folder of KNMI radar composites, five minutes apart")
    add("--members", type=_members, default=20, help="of the ensemble (default 20)")
    add("--minutes", type=_positive, default=60.0, help="how far ahead (default 60)")
    add("--every", type=_positive, default=30.0, help="minutes between issue times (default 30)")
    add("--seed", type=_seed, default=1, help="of the ensemble (default 1)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_ingest(verbs):
    add = _add_verb(
        verbs, "ingest", "bench_ingest", "readings a second that the observation store takes in"
    ).add_argument
    add("--readings", type=_readings, default=200_000, help="of each batch size (default 200000)")
    add("--store", metavar="WHERE", help="empty folder or PostgreSQL address (default: aside)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_bench_assimilation(verbs):
    add = _add_verb(
        verbs, "assimilation", "bench_assimilation", "the ensemble with its sensors and without"
    ).add_argument
    add("city", metavar="CITY", help="folder of a sample city")
    add("--seeds", type=_sizes, metavar="N,...", help="of the hidden truths (default 11,12,13)")
    add("--errors", choices=("hidden", "none"), default="hidden", help="of the model and its rain")
    add("--rain", choices=("persistence", "numerical"), default="persistence", help="rain ahead")
    add("--members", type=_members, default=20, help="of both ensembles (default 20)")
    add("--coarsen", type=_seed, default=1, help="cells on an edge that become one (default 1)")
    add("--out", metavar="FILE", help="write the result as JSON too, besides what is printed")


def _add_import(verbs):
    add = _add_verb(verbs, "import", "import_city", "import real layers as a city").add_argument
    add("--name", required=True, help="short name of the city: letters, digits, - and _")
    add("--title", type=str, default="", help="name for people")
    add("--dem", metavar="FILE", help="terrain: GeoTIFF, ESRI ASCII or ERDAS IMG")
    add("--buildings", metavar="FILE", help="building outlines")
    add("--roads", metavar="FILE", help="road centre lines")
    add("--landcover", metavar="FILE", help="land cover raster or polygons")
    add("--landcover-table", metavar="CSV", help="land cover class to Manning and infiltration")
    add("--cityjson", metavar="FILE", help="3D city model with buildings and terrain")
    add(
        "--crs",
        help="EPSG:n of terrain that names none, else the one for the city",
    )
    add("--cell-size", type=float, metavar="M", help="edge of a cell (default that of the terrain)")
    add("--buildings-as", choices=("raised", "blockage", "none"), default="raised")
    add("--edges", choices=("closed", "free"), default="free", help="what the domain edge does")
    add("--out", metavar="DIR", help="folder of the new city (default cities/NAME)")


def _add_check(verbs):
    add = _add_verb(verbs, "check", "check_city", "check a city package").add_argument
    add("city", metavar="CITY", help="folder of the city")


def _add_simulate(verbs):
    add = _add_verb(
        verbs, "simulate", "simulate", "run one storm over a city, or a case file"
    ).add_argument
    add("city", metavar="CITY_OR_CASE", help="folder of a city, or a case .toml")
    add(
        "--rain",
        metavar="RAIN",
        help="mm/h; hyetograph CSV; NetCDF or Zarr; folder of KNMI radar files; a storm of the "
        "city; or design:117mm/1h (default: the first storm of the city)",
    )
    add(
        "--rain-times",
        choices=("auto", "begin", "end"),
        help="a rate in a hyetograph CSV holds from its row on (begin) or until it (end); auto, "
        "the default, takes end where the first rate is 0 or repeats",
    )
    add("--losses", metavar="FILE_OR_MM_H", help="drainage losses everywhere: CSV or mm/h")
    add("--hours", type=_positive, help="length of the run (default: that of the rain)")
    add(
        "--scheme",
        choices=("inertial", "dynamic"),
        help="local inertial or full shallow water equations (default inertial)",
    )
    add("--order", type=int, choices=(1, 2), help="of the dynamic scheme (default 1)")
    add("--dtype", choices=("float32", "float64"), help="default float32")
    add("--device", choices=("cpu", "cuda"), help="default cpu")
    add("--edges", help="closed, free, or open sides such as north,east (default: the city's)")
    add("--frames", type=_positive, metavar="MINUTES", help="minutes between frames (default 10)")
    add("--save", metavar="FILE", help="keep the state at the end of the run, to go on from")
    add(
        "--resume",
        metavar="FILE",
        help="go on from a state that --save kept; --hours still counts from the first start",
    )
    add(
        "--out",
        metavar="DIR",
        help="folder that collects the runs (default runs/CITY)",
    )


def _add_validate(verbs):
    add = _add_verb(
        verbs, "validate", "validate", "hold the solver against exact solutions and real floods"
    ).add_argument
    add(
        "cases",
        metavar="CASE",
        nargs="*",
        help="a case of the suite such as ritter, one variant such as ritter:dynamic-2, or a case "
        ".toml of your own with [[check]] tables (default: the whole suite)",
    )
    add("--quick", action="store_true", help="leave out what takes longer than seconds")
    add("--out", metavar="DIR", help="folder of the report (default validation)")


def _add_ingest(verbs):
    add = _add_verb(verbs, "ingest", "ingest", "read readings into a store").add_argument
    add("--source", required=True, metavar="NAME", help="adapter, such as sample or cwa_gauges")
    add("--file", required=True, metavar="FILE", help="what the source sent")
    add("--store", required=True, metavar="DIR", help="observation store, made when missing")


def _add_feeds_list(verbs):
    _add_feeds_verb(verbs, "list", "list_feeds", "all feeds that are known, with licence and state")


def _add_feeds_health(verbs):
    _add_feeds_verb(verbs, "health", "feeds_health", "how the feeds are that are on, and why")


def _add_feeds_poll(verbs):
    add = _add_feeds_verb(verbs, "poll", "poll_feeds", "poll the feeds that feeds.toml switches on")
    add("sources", metavar="NAME", nargs="*", help="only these feeds")
    add("--store", metavar="STORE", help="folder or PostgreSQL address (default of feeds.toml)")
    add("--watch", action="store_true", help="go on, each feed at its own cadence")


def _add_feeds_replay(verbs):
    add = _add_feeds_verb(
        verbs, "replay", "replay_feeds", "read all that was kept once more, oldest first"
    )
    add("sources", metavar="NAME", nargs="*", help="only these feeds")
    add("--store", required=True, metavar="STORE", help="folder or PostgreSQL address")
    add("--start", metavar="ISO", help="first time of receipt")
    add("--end", metavar="ISO", help="last time of receipt")


def _add_feeds_verb(verbs, word, function, summary):
    add = _add_verb(verbs, word, function, summary).add_argument
    add("--data", metavar="DIR", help="data folder, with feeds.toml (default .)")
    return add


def _add_forecast(verbs):
    add = _add_verb(
        verbs, "forecast", "forecast", "readings to rain ensemble to flood ensemble to hotspots"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="DIR", help="observation store")
    add("--hours", type=_positive, default=3.0, help="horizon (default 3)")
    add("--members", type=_members, default=8, help="members of the ensemble, 1 to 200 (default 8)")
    add(
        "--issue-time",
        metavar="ISO",
        help="as if it were then (default: when most gauges reported)",
    )
    add("--seed", type=_seed, default=1, help="of the perturbations (default 1)")
    add(
        "--out",
        metavar="DIR",
        help="folder that collects the runs (default runs/CITY)",
    )


def _add_learn_shadow(verbs):
    add = _add_verb(
        verbs, "shadow", "learn_shadow", "learn from past events and try on later ones, in shadow"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="DIR", help="observation store with rain and depths")
    add("--hours", type=_positive, default=1.0, help="horizon of the hindcasts (default 1)")
    add("--members", type=_members, default=4, help="of each ensemble (default 4)")
    add("--every", type=_positive, default=30.0, metavar="MINUTES", help="between hindcasts (30)")
    add("--most-runs", type=_members, default=20, metavar="N", help="sets to try (default 20)")
    add("--by-district", action="store_true", help="let districts with enough sensors differ")
    add("--seed", type=_seed, default=1, help="of the perturbations (default 1)")


def _add_learn_adopt(verbs):
    add = _add_verb(
        verbs, "adopt", "learn_adopt", "put a set in force that proved better on held-out events"
    ).add_argument
    _add_change(add)


def _add_learn_rollback(verbs):
    add = _add_verb(
        verbs, "rollback", "learn_rollback", "put a set in force again that was so before"
    ).add_argument
    _add_change(add)


def _add_change(add):
    add("city", metavar="CITY", help="folder of the city")
    add("version", type=_version, metavar="VERSION", help="number of the set; 0: nothing learned")
    add("--why", required=True, metavar="WORDS", help="reason, for the history")
    add("--who", metavar="NAME", help="who decides (default the user of this machine)")


def _add_learn_list(verbs):
    add = _add_verb(
        verbs, "list", "learn_list", "all parameter sets, which is in force, and who changed it"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")


def _add_verify(verbs):
    add = _add_verb(
        verbs, "verify", "verify", "score all forecasts of a city against what came true"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", metavar="DIR", help="observation store: depths seen by sensors")
    add("--runs", metavar="DIR", help="folder of the runs (default runs/CITY)")
    add("--uncorrected", metavar="DIR", help="runs without assimilation, to compare with")
    add("--truth", metavar="RUN", help="true flood: a run, a flood.zarr or NetCDF")
    add("--reports", metavar="FILE", help="floods that citizens reported: CSV or GeoJSON")
    add("--flood-points", metavar="FILE", help="recorded flood points: CSV or GeoJSON")
    add(
        "--thresholds",
        type=_depths,
        default=(0.1, 0.3),
        metavar="M,...",
        help="depths of a flood (default 0.1,0.3)",
    )
    add("--trigger", type=_share, metavar="P", help="probability of a warning (default 0.3)")
    add("--as-of", metavar="ISO", help="use nothing received later (default now)")
    add("--out", metavar="DIR", help="folder of the report (default verification/CITY)")


def _add_serve(verbs):
    add = _add_verb(verbs, "serve", "serve", "the service and the dashboard").add_argument
    add("--data", metavar="DIR", help="folder with cities/ and runs/ (default .)")
    add("--host", help="address to listen on (default 127.0.0.1)")
    add("--port", type=int, help="port, 0 for any free one (default 8000)")
    add(
        "--clock",
        metavar="ISO",
        help="exercise: start the clock at this time, such as 2024-06-09T07:21:00Z; everything "
        "served is then marked as an exercise",
    )


def _text(text):
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r}, expected a value that is not empty")
    return text


def _words(text):
    return tuple(word.strip() for word in _text(text).split(","))


def _sizes(text):
    return tuple(_number(word, int, "whole numbers of cells", 1, 10**12) for word in _words(text))


def _version(text):
    return _number(text, int, "a whole number from 0 on", 0, 10**6)


def _depths(text):
    return tuple(_number(word, float, "depths in metres", 0.001, 100.0) for word in _words(text))


def _share(text):
    return _number(text, float, "a number from 0.001 to 1", 0.001, 1.0)


def _positive(text):
    return _number(text, float, "a number over 0")


def _members(text):
    return _number(text, int, f"a whole number from 1 to {MOST_MEMBERS}", 1, MOST_MEMBERS)


def _readings(text):
    return _number(text, int, "a whole number from 10000 to 100000000", 10_000, 10**8)


def _seed(text):
    return _number(text, int, "a whole number from 0 to 4294967295", 0, 2**32 - 1)


def _number(text, kind, expected, least=1e-9, most=1e6):
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r}, expected {expected}")
    return value
