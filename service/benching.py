"""The verb `bench`: what is measured, and how it is told."""


def bench_kernel(*, quiet=False):
    """Measure the kernel beside the machine's memory.

    Parameters
    ----------
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        See `benchmarks.kernel.bench_kernel`.
    """
    from benchmarks import kernel
    from service.progress import Progress

    with Progress("bench kernel", wanted=not quiet) as progress:
        return kernel.bench_kernel(progress=progress.tell)
