"""End a process when a signal says so: one that only reads at once, all others once tidied up."""

import contextlib
import os
import queue
import signal
import threading
import time

SIGNAL_CODE = 128  # what a shell adds to the number of a signal
LONGEST_FAREWELL_SECONDS = 1.0
LONGEST_TIDYING_SECONDS = 5.0
"""For threads that still work once all is tidied up; whatever dies in them is made up for."""

_told = []  # signals that came
_last_words = queue.SimpleQueue()  # the only queue that a signal handler may use at any moment


def signals_are_followed():
    """From now on Ctrl-C and SIGTERM raise, as Python's own Ctrl-C does, and are remembered.

    Notes
    -----
    An exception that rises in a destructor, in a callback out of a library in C (Numba's compiler
    has some) or in an import that takes any for its own is lost. So whatever goes on for long
    asks from time to time: `leave_if_told`. Ctrl-C that somebody else ignores or handles stays so.
    """
    _told.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _follow)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _follow)


def leave_if_told():
    """Follow a signal whose exception was lost on its way.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        One came; in the main thread only.
    """
    if _told and threading.current_thread() is threading.main_thread():
        _raise(_told[-1])


def end_when_tidy():
    """Once all is tidied up after a signal: let no thread hold this process for long."""
    if _told:
        code = SIGNAL_CODE + _told[-1]
        threading.Thread(target=_cut_off_late, args=(code,), name="cut-off", daemon=True).start()


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


def _cut_off_late(code):
    time.sleep(LONGEST_TIDYING_SECONDS)
    os._exit(code)


def _follow(sig, _frame):
    _told.append(sig)
    _raise(sig)


def _raise(sig):
    if sig == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(SIGNAL_CODE + sig)


def _end(sig, _frame):
    """There is nothing to save, and the farewell of the interpreter takes long."""
    if sig == signal.SIGINT:
        line = b"floodtwin: interrupted, nothing half written is left\n"
        with contextlib.suppress(OSError):
            os.write(2, line)  # sys.stderr may be in use by what was interrupted
    os._exit(SIGNAL_CODE + sig)
