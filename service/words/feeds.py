"""The verbs of feeds and their flags; no import that takes time."""

import argparse

from service.words.types import add_verb

EPILOG = """feeds.toml in the data folder says which feeds are polled. Its keys:
  of the whole file: store, allow_loopback
  of each table [feeds.NAME]: on, url, key_setting, headers, trust, folder, columns, broker,
    topic, keep_days

`floodtwin feeds sample` prints one that shows every key; twin/feeds/README.md says what each is.
"""

EXITS = (
    "Ends with 0 where all went well, with 1 where a feed failed, rests after failures, waits for "
    "its store, had every reading rejected or was not judged, or none could be asked."
)


def add_feeds(verbs):
    """Add the verb `feeds` with all below it."""
    parser = verbs.add_parser(
        "feeds",
        help="poll sources, and see how they are",
        description="Poll sources, and see how they are.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    below = parser.add_subparsers(metavar="VERB", required=True)
    for add in (_add_list, _add_health, _add_poll, _add_replay, _add_sample):
        add(below)


def _add_list(verbs):
    _add(verbs, "list", "list_feeds", "all feeds that are known, with licence and state")


def _add_health(verbs):
    _add(verbs, "health", "feeds_health", "how the feeds are that are on, and why")


def _add_poll(verbs):
    parser = _add(verbs, "poll", "poll_feeds", "poll the feeds that feeds.toml switches on")
    parser.epilog = EXITS
    add = parser.add_argument
    add("sources", metavar="NAME", nargs="*", help="only these feeds")
    add("--store", metavar="STORE", help="folder or PostgreSQL address (default of feeds.toml)")
    add("--watch", action="store_true", help="go on, each feed at its own cadence")


def _add_replay(verbs):
    what = "read all that was kept once more, oldest first"
    add = _add(verbs, "replay", "replay_feeds", what).add_argument
    add("sources", metavar="NAME", nargs="*", help="only these feeds")
    add("--store", required=True, metavar="STORE", help="folder or PostgreSQL address")
    add("--start", metavar="ISO", help="first time of receipt")
    add("--end", metavar="ISO", help="last time of receipt")


def _add_sample(verbs):
    add_verb(verbs, "sample", "sample_feeds", "print a feeds.toml that shows every key")


def _add(verbs, word, function, summary):
    parser = add_verb(verbs, word, function, summary)
    parser.add_argument("--data", metavar="DIR", help="data folder, with feeds.toml (default .)")
    return parser
