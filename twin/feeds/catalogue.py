"""All feeds that are known: those that are read, and those of which we only know."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from twin.feeds.registry import ADAPTERS, adapter

FILE = Path(__file__).with_name("known_feeds.toml")


@dataclass(frozen=True)
class Feed:
    """One line of the catalogue.

    Parameters
    ----------
    name, title, owner, url : str
        "" where it is not known.
    licence : str
        Terms of use, "" where they are not known.
    cadence_seconds : float
        Time between two readings [s]; 0 for what is no feed but a file.
    kind : str
        ``"readings"``, ``"grid"``, ``"warnings"`` or ``"ahead"``.
    contract : str
        ``"read"``: an adapter reads it; ``"known"``: an adapter is missing; ``"closed"``: it
        needs a key, a login or an agreement that we do not have; ``"gone"``.
    evidence : str
        As of `SourceSpec`: ``"payload"`` or ``"documentation"``.
    note : str
        What one has to know about it.
    """

    name: str
    title: str
    owner: str
    url: str
    licence: str
    cadence_seconds: float
    kind: str
    contract: str
    evidence: str = "documentation"
    note: str = ""


def catalogue():
    """All feeds, those with an adapter first, by name.

    Returns
    -------
    list of Feed
        The adapters say all about theirs; the others stand in ``known_feeds.toml``.
    """
    return [_of_adapter(name) for name in sorted(ADAPTERS)] + _without_adapter()


def _of_adapter(name):
    spec = adapter(name).spec
    return Feed(
        name=spec.name,
        title=spec.title,
        owner=spec.owner,
        url=spec.url,
        licence=spec.licence,
        cadence_seconds=spec.cadence_seconds,
        kind=spec.kind,
        contract="read",
        evidence=spec.evidence,
    )


def _without_adapter():
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [Feed(**entry) for entry in table["feed"]]
