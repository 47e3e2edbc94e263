"""The verb `ingest`: what a source sent, into the observation store."""

import shutil
from pathlib import Path

from service.disk import require_writable
from service.utc import iso
from twin.errors import InputError, MissingError


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
        ``source``, ``read``, ``kept``, ``duplicate``, ``flagged``, ``rejected``, ``latest``
        and ``reasons``: why the adapter rejected how many rows.

    Raises
    ------
    MissingError
        The source or the file is not there.
    InputError
        The file is not what this source sends.
    """
    del quiet  # one pass over one file; there is nothing to show on the way
    from twin.feeds.registry import parse
    from twin.observations import ObservationStore

    if Path(file).is_dir():
        raise InputError(f"{file} is a folder, expected what {source!r} sent; name a file in it")
    if not Path(file).is_file():
        raise MissingError(f"{file} is not there, expected what {source!r} sent; check the path")
    require_writable(store, "--store")
    frame, counts = parse(source, file)
    is_new = not Path(store).exists()
    try:
        observations = ObservationStore(store)
        stored = observations.append(frame)
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
        "latest": None if newest is None else iso(newest),
    }
