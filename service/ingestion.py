"""The verb `ingest`: what a source sent, into the observation store."""

import shutil
from pathlib import Path

from service.disk import require_writable
from service.utc import iso
from twin.input_file import require_file


def ingest(*, source, file, store, quiet=False):
    """Read a file of a source into an observation store.

    Parameters
    ----------
    source : str
        Name of an adapter of `twin.feeds.registry`.
    file : path-like
        What the source sent.
    store : path-like
        Folder of the store; made when it is missing.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``source``, ``read``, ``kept``, ``duplicate``, ``flagged``, ``rejected``, ``latest``,
        ``reasons``: why the adapter rejected how many rows, ``drift``: names that it does not
        know, and how many ``stations`` (kept), ``grids`` and ``warnings`` (only counted here)
        the file holds.

    Raises
    ------
    MissingError
        The source or the file is not there.
    InputError
        The file is not what this source sends.
    """
    del quiet  # one pass over one file; there is nothing to show on the way
    from twin.feeds.registry import parse_file
    from twin.observations import ObservationStore

    require_file(file, f"what {source!r} sent")
    require_writable(store, "--store")
    parsed = parse_file(source, file)
    counts = parsed.counts
    is_new = not Path(store).exists()
    try:
        observations = ObservationStore(store)
        stored = observations.append(parsed.readings)
        if parsed.stations is not None:
            observations.add_stations(parsed.stations, source)
    except BaseException:
        if is_new:
            shutil.rmtree(store, ignore_errors=True)
        raise
    newest = observations.newest_time()
    return {
        "source": source,
        "read": counts["read"],
        "kept": stored["kept"],
        "duplicate": stored["duplicate"],
        "flagged": counts["flagged"],
        "rejected": counts["rejected"] + stored["rejected"],
        "reasons": counts["reasons"],
        "drift": counts["drift"],
        "stations": 0 if parsed.stations is None else len(parsed.stations),
        "grids": len(parsed.grids),
        "warnings": 0 if parsed.warnings is None else len(parsed.warnings),
        "latest": None if newest is None else iso(newest),
    }
