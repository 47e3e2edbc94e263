"""Runs of an ensemble side by side: each in a thread of Python, on its share of the cores.

Kernels leave the interpreter's lock alone, so runs do not wait for each other; and a run on one
core does not wait for its own threads at the end of each visit, which costs a small city a sixth
of its time. What a run gives does not depend on the number of its threads.
"""

from concurrent.futures import ThreadPoolExecutor

import numba


def side_by_side(work, count):
    """Do independent work, as much at once as there are cores.

    Parameters
    ----------
    work : callable
        ``work(number)``, safe to be called by several threads.
    count : int
        Numbers go from 0 to below it.

    Yields
    ------
    object
        What each call gives, in the order of the numbers.

    Raises
    ------
    Exception
        What a call raised, when its turn comes; what had not begun by then does not begin.
    """
    cores = numba.get_num_threads()
    workers = min(cores, count)
    if workers < 2:
        yield from map(work, range(count))
        return
    share = (cores // workers,)
    with ThreadPoolExecutor(workers, "member", numba.set_num_threads, share) as threads:
        try:
            yield from threads.map(work, range(count))
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
