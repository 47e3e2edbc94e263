"""What the words of the command line may be; no import that takes time."""

import argparse
import re

MOST_MEMBERS = 200


def add_verb(verbs, word, function, summary):
    """Add a verb that calls a function of `service.engine`, with ``--json``; its parser."""
    parser = verbs.add_parser(word, help=summary, description=summary[0].upper() + summary[1:])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=function)
    parser.register("type", None, not_empty)  # of every word that names no other type
    return parser


def not_empty(word):
    """Any text but an empty one."""
    if not word.strip():
        raise argparse.ArgumentTypeError(f"{word!r}, expected a value that is not empty")
    return word


def words(word):
    """Several words with commas between them."""
    return tuple(part.strip() for part in not_empty(word).split(","))


def layer_file(word):
    """Name of a layer and its file."""
    name, _, file = word.partition("=")
    if not (name.strip() and file.strip()):
        raise argparse.ArgumentTypeError(f"{word!r}, expected NAME=FILE, as sensors=gauges.geojson")
    return name.strip(), file.strip()


def sizes(word):
    """Numbers of cells."""
    return tuple(number(part, int, "whole numbers of cells", 1, 10**12) for part in words(word))


def building_count(word):
    """Number of generated buildings."""
    return number(word, int, "a whole number from 1000 to 5000000", 1_000, 5_000_000)


def clients(word):
    """How many ask at once."""
    return number(word, int, "a whole number from 1 to 64", 1, 64)


def requests(word):
    """How often each kind of tile is asked for."""
    return number(word, int, "a whole number from 10 to 100000", 10, 100_000)


def version_number(word):
    """Number of a parameter set."""
    return number(word, int, "a whole number from 0 on", 0, 10**6)


def depths(word):
    """Depths [m]."""
    return tuple(number(part, float, "depths in metres", 0.001, 100.0) for part in words(word))


def bounds(word):
    """West, south, east, north [m]."""
    found = tuple(number(w, float, "W,S,E,N in metres", -1e8, 1e8) for w in words(word))
    if len(found) != 4 or found[0] >= found[2] or found[1] >= found[3]:
        raise argparse.ArgumentTypeError(f"{word!r}, expected W,S,E,N in metres, W < E and S < N")
    return found


def share(word):
    """Share of a whole."""
    return number(word, float, "a number from 0.001 to 1", 0.001, 1.0)


def positive(word):
    """Any number over 0."""
    return number(word, float, "a number over 0")


def interval(word):
    """A length of time such as ``10min`` [s]."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h)", word.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"{word!r}, expected a time such as 10min, 600s or 1h")
    return float(found[1]) * {"s": 1.0, "min": 60.0, "h": 3600.0}[found[2]]


def members(word):
    """How many members an ensemble has."""
    return number(word, int, f"a whole number from 1 to {MOST_MEMBERS}", 1, MOST_MEMBERS)


def join(word):
    """How many cells on an edge become one."""
    return number(word, int, "a whole number from 1 to 64", 1, 64)


def readings(word):
    """How many readings are taken in."""
    return number(word, int, "a whole number from 10000 to 100000000", 10_000, 10**8)


def seed(word):
    """Seed of generators of chance."""
    return number(word, int, "a whole number from 0 to 4294967295", 0, 2**32 - 1)


def number(word, kind, expected, least=1e-9, most=1e6):
    """A number of a kind between two ends, which must not be NaN."""
    try:
        value = kind(word)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{word!r}, expected {expected}")
    return value
