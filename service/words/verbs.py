"""The verbs of the command line and their flags; no import that takes time."""

import argparse
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version

from service.words.bench import add_bench
from service.words.feeds import add_feeds
from service.words.picture import add_picture
from service.words.scenario import add_scenario
from service.words.skill import add_learn, add_verify
from service.words.tiles import add_tiles
from service.words.types import add_verb, interval, join, layer_file, members, positive, seed
from twin.errors import InputError

SIZES = ("small", "district", "metro")


class Parser(argparse.ArgumentParser):
    """Parser that raises `InputError` instead of printing several lines."""

    _verbs = None

    def add_subparsers(self, **words):
        """As in argparse; the verbs are remembered."""
        self._verbs = super().add_subparsers(**words)
        return self._verbs

    def parse_args(self, args=None, namespace=None):
        """Read the words; one that is not known is the fault of its verb, which has the flags.

        Raises
        ------
        InputError
            A word is not known, or one is missing or wrong.
        """
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._verb_of(args).refuse(unknown)
        return found

    def _verb_of(self, words):
        """The parser of the verb that some words name."""
        parser = self
        for word in words or ():
            if parser._verbs is not None and word in parser._verbs.choices:
                parser = parser._verbs.choices[word]
        return parser

    def refuse(self, words):
        """Say that words are not known, and the flag that the first of them may mean."""
        flags = [word.partition("=")[0] for word in words if word.startswith("-")]
        near = get_close_matches(flags[0], self._option_string_actions, 1) if flags else []
        meant = f", perhaps {near[0]} is meant" if near else ""
        self.error(f"unrecognized arguments: {' '.join(words)}{meant}")

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
    for add in (_add_sample, _add_import, _add_check, _add_export):
        add(city_verbs)
    add_bench(verbs)
    add_learn(verbs)
    add_feeds(verbs)
    for add in (
        _add_simulate,
        _add_validate,
        _add_ingest,
        _add_sensors,
        _add_forecast,
        _add_cycle,
        add_verify,
        add_scenario,
    ):
        add(verbs)
    add_picture(verbs)
    add_tiles(verbs)
    _add_serve(verbs)
    return parser


def _add_sample(verbs):
    add = add_verb(verbs, "sample", "sample_city", "generate the sample city").add_argument
    add("--size", choices=SIZES, default="small", help="1 km2, 25 km2 or 2053 km2 (default small)")
    add("--seed", type=seed, default=1, help="another number, another city (default 1)")
    add("--out", metavar="DIR", help="folder of the new city (default cities/sample-SIZE-SEED)")


def _add_import(verbs):
    add = add_verb(verbs, "import", "import_city", "import real layers as a city").add_argument
    add("--name", required=True, help="short name of the city: letters, digits, - and _")
    add("--title", type=str, default="", help="name for people")
    add("--dem", metavar="FILE", help="terrain: GeoTIFF, ESRI ASCII or ERDAS IMG")
    add("--buildings", metavar="FILE", help="building outlines")
    add("--roads", metavar="FILE", help="road centre lines")
    add("--landcover", metavar="FILE", help="land cover raster or polygons")
    add("--landcover-table", metavar="CSV", help="land cover class to Manning and infiltration")
    models = {"metavar": "FILE", "nargs": "+", "action": "extend"}
    add("--cityjson", **models, help="3D city models, folders or .zip of them: CityJSON(Seq)")
    add("--citygml", **models, help="3D city models, folders or .zip of them: CityGML")
    add(
        "--layer",
        dest="layers",
        type=layer_file,
        action="append",
        metavar="NAME=FILE",
        help="another layer of the city, as often as there are: sensors, districts, flood_spots, "
        "boundaries, places, water, levees, drains and more (twin/LAYERS.md)",
    )
    add(
        "--sensors-of",
        metavar="STORE",
        help="take the stations that sources described in an observation store as sensors",
    )
    add(
        "--crs",
        help="EPSG:n of terrain or model that names none, else the one for the city",
    )
    add(
        "--geoid-height",
        type=float,
        metavar="M",
        help="height of the zero of the city's heights over the WGS 84 ellipsoid",
    )
    add(
        "--no-repair",
        dest="repair",
        action="store_false",
        help="keep invalid geometries of city models as they are; they are told either way",
    )
    add(
        "--move-onto-terrain",
        action="store_true",
        help="move houses of city models that float over 0.2 m above the terrain down onto it",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace the city that stands there; says what was added, changed and removed",
    )
    add("--cell-size", type=float, metavar="M", help="edge of a cell (default that of the terrain)")
    add("--buildings-as", choices=("raised", "blockage", "none"), default="raised")
    add("--edges", choices=("closed", "free"), default="free", help="what the domain edge does")
    add("--out", metavar="DIR", help="folder of the new city (default cities/NAME)")


def _add_check(verbs):
    add = add_verb(verbs, "check", "check_city", "check a city package").add_argument
    add("city", metavar="CITY", help="folder of the city")


def _add_export(verbs):
    summary = "write the 3D model of a city for other programs"
    add = add_verb(verbs, "export", "export_city", summary).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--out", metavar="FILE", required=True, help=".json for CityJSON, .jsonl for CityJSONSeq")
    add("--overwrite", action="store_true", help="replace the file that stands there")


def _add_simulate(verbs):
    add = add_verb(
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
    add("--hours", type=positive, help="length of the run (default: that of the rain)")
    add(
        "--scheme",
        choices=("inertial", "dynamic"),
        help="local inertial or full shallow water equations (default inertial)",
    )
    add("--order", type=int, choices=(1, 2), help="of the dynamic scheme (default 1)")
    add("--dtype", choices=("float32", "float64"), help="default float32")
    add("--device", choices=("cpu", "cuda"), help="default cpu")
    add("--edges", help="closed, free, or open sides such as north,east (default: the city's)")
    add("--frames", type=positive, metavar="MINUTES", help="minutes between frames (default 10)")
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
    add = add_verb(
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
    add = add_verb(verbs, "ingest", "ingest", "read readings into a store").add_argument
    add("--source", required=True, metavar="NAME", help="adapter, such as sample or cwa_gauges")
    add("--file", metavar="FILE", help="what the source sent")
    add("--url", metavar="URL", help="in its place: where the source answers")
    add("--store", required=True, metavar="DIR", help="store, made when missing; or a database")


def _add_sensors(verbs):
    summary = "what the sensors of a city say, how old it is, and what quality control makes of it"
    add = add_verb(verbs, "sensors", "sensors", summary).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="STORE", help="folder or PostgreSQL address")
    add("--at", metavar="ISO", help="what was known then, as old as it was then (default now)")


def _add_forecast(verbs):
    add = add_verb(
        verbs, "forecast", "forecast", "readings to rain ensemble to flood ensemble to hotspots"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="STORE", help="folder or PostgreSQL address")
    add("--hours", type=positive, default=3.0, help="horizon (default 3)")
    add("--members", type=members, default=8, help="members of the ensemble, 1 to 200 (default 8)")
    add(
        "--issue-time",
        metavar="ISO",
        help="as if it were then (default: when most gauges reported)",
    )
    add("--seed", type=seed, default=1, help="of the perturbations (default 1)")
    add("--data", metavar="DIR", help="data folder with feeds/ (default that of the city)")
    add("--cold", action="store_true", help="warm up; do not go on from the last forecast")
    add(
        "--deadline",
        type=positive,
        metavar="SECONDS",
        help="publish the members that are finished by then",
    )
    add(
        "--join",
        type=join,
        metavar="N",
        help="take N x N cells as one (default 1 up to 6 h ahead, 2 up to 48 h)",
    )
    add(
        "--out",
        metavar="DIR",
        help="folder that collects the runs (default runs/CITY)",
    )


def _add_cycle(verbs):
    add = add_verb(
        verbs, "cycle", "cycle", "poll the feeds, forecast and publish, again and again"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="STORE", help="folder or PostgreSQL address")
    add("--every", type=interval, default=600.0, metavar="TIME", help="default 10min")
    add(
        "--once",
        action="store_true",
        help="one cycle, as of now or of --clock; exit code 1 where it expired, failed or was "
        "rejected, and published nothing",
    )
    add("--hours", type=positive, default=3.0, help="horizon (default 3)")
    add("--members", type=members, default=20, help="of the ensemble, 1 to 200 (default 20)")
    add("--seed", type=seed, default=1, help="of the perturbations (default 1)")
    add("--data", metavar="DIR", help="data folder with feeds.toml (default that of the city)")
    add("--clock", metavar="ISO", help="exercise: start the clock at this time")
    add("--out", metavar="DIR", help="folder that collects the runs (default runs/CITY)")


def _add_serve(verbs):
    add = add_verb(verbs, "serve", "serve", "the service and the dashboard").add_argument
    add("--data", metavar="DIR", help="folder with cities/ and runs/ (default .)")
    add("--host", help="address to listen on (default 127.0.0.1)")
    add("--port", type=int, help="port, 0 for any free one (default 8000)")
    add(
        "--allow-origin",
        metavar="ORIGIN,...",
        help="web pages of other hosts that may read, such as https://maps.example, or * for all "
        "(default none)",
    )
    add(
        "--clock",
        metavar="ISO",
        help="exercise: start the clock at this time, such as 2024-06-09T07:21:00Z; everything "
        "served is then marked as an exercise",
    )
