"""Which adapter reads which source."""

from twin.errors import MissingError
from twin.feeds.archive_csv import read_archive
from twin.feeds.cwa_gauges import read_gauges

ADAPTERS = {"sample": read_archive, "cwa_gauges": read_gauges}
"""Source name -> ``adapter(file) -> (readings, counts)``."""


def parse(source_name, file):
    """Canonical readings in a file of a source.

    Parameters
    ----------
    source_name : str
        Key of `ADAPTERS`.
    file : path
        What the source sent.

    Returns
    -------
    frame : pandas.DataFrame
        Columns `twin.observations.COLUMNS`.
    counts : dict
        ``read``, ``kept``, ``flagged``, ``rejected``, ``reasons``.

    Raises
    ------
    MissingError
        The source or the file is not known.
    InputError
        The file as a whole is not what this source sends.
    """
    if source_name not in ADAPTERS:
        raise MissingError(
            f"source {source_name!r} is not known, expected one of {', '.join(sorted(ADAPTERS))}"
        )
    return ADAPTERS[source_name](file)
