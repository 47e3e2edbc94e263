"""The first start on a machine: kernels are compiled for minutes in which nothing seems to move."""

from pathlib import Path


def tell_of_compiling(progress, settings):
    """Say so where no kernel of the scheme is kept from an earlier start.

    Parameters
    ----------
    progress : service.words.progress.Progress
        Gets the line at once.
    settings : hydrology.solver.settings.Settings
        Scheme and device of the run.
    """
    if settings.device == "cpu" and not _is_kept(settings.scheme):
        progress.tell("compiling the kernels, once; this takes a minute or more", at_once=True)


def _is_kept(scheme):
    """Whether code of a scheme lies in the folder of these sources; none if nothing is kept."""
    import numba

    import hydrology.solver.compiled  # noqa: F401  (names the folder)

    folder = numba.config.CACHE_DIR
    return bool(folder) and any(Path(folder).rglob(f"*_advance_{scheme}*.code"))
