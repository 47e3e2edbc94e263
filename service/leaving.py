"""End a process that only reads, at any moment, when a signal says so."""

import contextlib
import os
import queue
import signal
import threading
import time

SIGNAL_CODE = 128  # what a shell adds to the number of a signal
LONGEST_FAREWELL_SECONDS = 1.0

_last_words = queue.SimpleQueue()  # the only queue that a signal handler may use at any moment


@contextlib.contextmanager
def signals_end_at_once():
    """Within, Ctrl-C and SIGTERM end this process at once, whatever it is loading.

    Notes
    -----
    The handlers raise nothing: an exception that rises while a library is being imported may be
    taken for one of its own and be lost, and the signal with it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    threading.Thread(target=_cut_off, name="cut-off", daemon=True).start()
    before = {sig: signal.signal(sig, _end) for sig in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def end_in_time(sig):
    """From a handler: cut this process off if it has not ended by itself in a second.

    Notes
    -----
    No thread is started here: the signal may have come while one was being started, and the lock
    of that cannot be taken twice.
    """
    _last_words.put(sig)


def _cut_off():
    sig = _last_words.get()
    time.sleep(LONGEST_FAREWELL_SECONDS)
    _end(sig, None)


def _end(sig, _frame):
    """There is nothing to save, and the farewell of the interpreter takes long."""
    if sig == signal.SIGINT:
        line = b"floodtwin: interrupted, nothing half written is left\n"
        with contextlib.suppress(OSError):
            os.write(2, line)  # sys.stderr may be in use by what was interrupted
    os._exit(SIGNAL_CODE + sig)
