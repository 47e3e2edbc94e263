"""The verb `validate`: the verification suite, or cases of one's own."""

from pathlib import Path


def validate(*, cases=(), quick=False, out=None, quiet=False):
    """Run the verification suite and write its report.

    Parameters
    ----------
    cases : sequence of str
        Names of cases, or paths of case files with ``[[check]]`` tables; none for the suite.
    quick : bool
        Whether to leave out what takes long.
    out : path-like, optional
        Folder of the report; default ``validation``.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.validate.validate`.

    Raises
    ------
    MissingError
        A file is not there.
    InputError
        A name or a case file cannot be.
    """
    from benchmarks import validate as suite
    from service.disk import require_writable
    from service.words.progress import Progress

    folder = Path(out or "validation")
    suite.find_jobs(cases, quick)  # what cannot be is refused before anything is made
    require_writable(folder)
    with Progress("validating", wanted=not quiet) as progress:

        def tell(number, count, name):
            progress.tell(f"{number + 1} of {count}, {name}")
            progress(number, count)

        return suite.validate(cases, quick=quick, out=folder, tell=tell)
