"""The body of an HTTP answer, unpacked, never more of it in memory than allowed."""

import zlib

import httpx

from twin.errors import InputError


def read_body(response, told, most_bytes):
    """Read and unpack the whole body of a streamed answer.

    Parameters
    ----------
    response : httpx.Response
        Opened as a stream.
    told : str
        Its address for messages, without a key.
    most_bytes : int
        Largest body, as sent and as unpacked.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        It is larger, or packed in a way that was not asked for.
    httpx.RemoteProtocolError
        It ends early.
    """
    announced = response.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:18]) > most_bytes:
        raise _too_large(told, most_bytes)
    unpack = _unpacker(response.headers.get("content-encoding", ""), told)
    pieces, size, sent = [], 0, 0
    for packed in response.iter_raw():
        sent += len(packed)
        piece = unpack(packed, most_bytes + 1 - size)
        size += len(piece)
        if max(size, sent) > most_bytes:
            raise _too_large(told, most_bytes)
        pieces.append(piece)
    if not unpack.is_whole():
        raise httpx.RemoteProtocolError("its answer ends early")
    return b"".join(pieces)


def _unpacker(encoding, told):
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return _Gzip(told)
    if encoding in ("identity", ""):
        return _Plain()
    raise InputError(
        f"{told} is packed as {encoding[:20]!r}, expected gzip or nothing as was asked for; tell "
        "its owner"
    )


class _Plain:
    def __call__(self, packed, _most):
        return packed

    def is_whole(self):
        return True


class _Gzip:
    """Unpacks at most as much as is still allowed, so that a bomb has no effect."""

    def __init__(self, told):
        self._told = told
        self._stream = zlib.decompressobj(wbits=31)
        self._is_empty = True

    def __call__(self, packed, most):
        self._is_empty &= not packed
        pieces = []
        while packed and most > 0:
            if self._stream.eof:  # several gzip members may follow each other
                self._stream = zlib.decompressobj(wbits=31)
            pieces.append(self._unpack(packed, most))
            most -= len(pieces[-1])
            packed = self._stream.unused_data
        return b"".join(pieces)

    def _unpack(self, packed, most):
        try:
            return self._stream.decompress(packed, most)
        except zlib.error as error:
            raise InputError(
                f"{self._told} cannot be unpacked ({error}), expected gzip as it says; tell its "
                "owner"
            ) from None

    def is_whole(self):
        return self._stream.eof or self._is_empty


def _too_large(told, most_bytes):
    return InputError(
        f"{told} is larger than {most_bytes / 2**20:.1f} MiB, expected less; ask for fewer rows, "
        "or raise the limit of the source"
    )
