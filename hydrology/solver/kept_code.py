"""Machine code between runs: one file for each kernel and kinds of its arguments, never changed.

The cache that comes with Numba keeps one index for each kernel, which every process reads, changes
and writes back: of two that compile at once one may be handed the other's code, a damaged index
ends every run, and so does a full disk, though nothing needs the cache but the next start.
"""

import hashlib
import logging
import pickle
import secrets
from pathlib import Path

from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

_DIGEST_BYTES = 32
_log = logging.getLogger("floodtwin.kernels")


class KeptCode(FunctionCache):
    """What Numba asks for the code of one function; whatever is wrong with it, it is compiled.

    Parameters
    ----------
    function : callable
        In Python.
    """

    def __init__(self, function):
        super().__init__(function)
        known = (self._impl.filename_base, self._impl.locator.get_source_stamp())
        self._cache_file = CodeFiles(self._cache_path, *known)

    def load_overload(self, sig, target_context):
        """Code for the kinds `sig` of arguments, None where there is none that can be used."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # the last resort: code of another machine, a foreign file
            _log.warning("kept code of %s is not used: %s", self._name, error)
            return None

    def save_overload(self, sig, data):
        """Keep code; where there is no room for it, the next start compiles it again."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _log.warning("code of %s is not kept: %s", self._name, error)


class CodeFiles:
    """Files of one function, each named by all that its code depends on.

    Parameters
    ----------
    folder : path-like
        Made when it is missing.
    name : str
        Of the function.
    stamp : object
        Of its source.

    Notes
    -----
    A file is written aside and renamed; a process that dies between leaves a file that nobody
    reads. Its first bytes are a digest of the rest, so that what a disk has damaged is not run.
    """

    def __init__(self, folder, name, stamp):
        self._folder, self._name, self._stamp = Path(folder), name, stamp

    def load(self, key):
        """What was kept under a key, None where nothing whole is."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            return None
        known, data = pickle.loads(body)
        return data if known == key else None

    def save(self, key, data):
        """Keep something under a key.

        Raises
        ------
        OSError
            There is no room.
        """
        body, path = dumps((key, data)), self._path(key)
        aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        try:
            aside.write_bytes(hashlib.sha256(body).digest() + body)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def _path(self, key):
        of = hashlib.sha256(repr((self._stamp, key)).encode()).hexdigest()[:32]
        return self._folder / f"{self._name}.{of}.code"


def keep_code(dispatcher):
    """Let the code of a function that Numba compiles be kept between runs, where that can be.

    Parameters
    ----------
    dispatcher : numba.core.dispatcher.Dispatcher
        Not compiled yet; or the function itself, where nothing is compiled.

    Returns
    -------
    numba.core.dispatcher.Dispatcher
        The same.
    """
    if not hasattr(dispatcher, "py_func"):
        return dispatcher
    try:
        dispatcher._cache = KeptCode(dispatcher.py_func)
    except (RuntimeError, OSError) as error:  # Numba's: no folder can be written
        _log.warning("code of %s is not kept: %s", dispatcher.py_func.__name__, error)
    return dispatcher
