"""What was made lately and is worth keeping, bounded by its size in bytes."""

import threading
from collections import OrderedDict
from concurrent.futures import Future


class ByteCache:
    """Least recently used byte strings, up to a number of bytes; safe between threads.

    Parameters
    ----------
    limit : int
        Most bytes to keep; a larger single value is returned but not kept.

    Examples
    --------
    >>> cache = ByteCache(10)
    >>> cache.get("a", lambda: b"12345")
    b'12345'
    >>> cache.size
    5
    """

    def __init__(self, limit):
        self.limit = limit
        self.size = 0
        self._values = OrderedDict()
        self._making = {}
        self._lock = threading.Lock()

    def get(self, key, make):
        """Return the value of `key`, made by `make()` when it is not there.

        What one thread is making, others that ask for it wait for; all get its error if it fails.
        `make` may ask for other keys, and not for its own.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            made_by_other = self._making.get(key)
            if made_by_other is None:
                ours = self._making[key] = Future()
        if made_by_other is not None:
            return made_by_other.result()
        try:
            value = make()
            self._keep(key, value)
            ours.set_result(value)
        except BaseException as error:
            ours.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._making[key]
        return value

    def _keep(self, key, value):
        if len(value) > self.limit:
            return
        with self._lock:
            self.size += len(value) - len(self._values.pop(key, b""))
            self._values[key] = value
            while self.size > self.limit:
                _, oldest = self._values.popitem(last=False)
                self.size -= len(oldest)
