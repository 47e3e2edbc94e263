"""Opens a file as it stands, out of .gz, or the one model of a .zip; never more than is sane."""

import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from twin.errors import InputError
from twin.input_file import require_file

MOST_RATIO = 100
"""Unpacked over packed bytes; text of a city model is 10 to 30, a bomb near 1000."""

_PIECE = 4_000_000  # bytes that are unpacked at a time
_FREE_BYTES = 50_000_000  # so much may come out of the smallest file
_MODEL_NAMES = ((".json", ".jsonl", ".gml"), (".xml", ".txt"))  # the first that are there
_DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@contextmanager
def open_unpacked(path, expected):
    """Binary stream of a file, unpacked by what its first bytes say.

    Parameters
    ----------
    path : str or pathlib.Path
        A file, maybe gzipped, a zip archive that holds one model, or a name inside an archive
        (``town.zip/tile_1.gml``).
    expected : str
        What it should be, for messages.

    Yields
    ------
    Bounded
        With ``read`` and ``readline``.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is a damaged archive, holds no model or several, or unpacks to far more than it is.
    """
    archive, inside = archived(path) or (Path(path), "")
    require_file(archive, expected)
    with archive.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        size = archive.stat().st_size
        if magic[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=raw) as stream:
                yield Bounded(stream, path, size)
        elif magic == b"PK\x03\x04":
            with _open_member(path, raw, expected, inside) as (stream, size):
                yield _bounded_member(stream, path, size)
        else:
            yield Bounded(raw, path, size)


def _bounded_member(stream, path, size):
    """Stream of a member of an archive, unpacked once more where it is gzipped itself."""
    head = Bounded(stream, path, size)
    if head.peek(2) != b"\x1f\x8b":
        return head
    return Bounded(gzip.GzipFile(fileobj=head), path, size)


def archived(path):
    """An archive and the name of a file inside it, where a path leads into one; else None.

    Parameters
    ----------
    path : str or pathlib.Path
        For example ``town.zip/tile_1.gml``.

    Returns
    -------
    tuple of (pathlib.Path, str) or None
    """
    path = Path(path)
    archive = next((folder for folder in path.parents if folder.is_file()), None)
    return None if archive is None else (archive, path.relative_to(archive).as_posix())


def names_inside(path, endings):
    """Names of the files in a zip archive that end in some way, in their order.

    Parameters
    ----------
    path : pathlib.Path
        Any file.
    endings : tuple of str
        In small letters.

    Returns
    -------
    list of str
        Empty where it is no archive, or a damaged one; whoever opens it will say so.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [_plain_name(entry) for entry in archive.infolist() if not entry.is_dir()]
    except _DAMAGED:
        return []
    shown = (name for name in names if not name.rpartition("/")[2].startswith("."))
    return sorted(name for name in shown if name.lower().endswith(endings))


def _plain_name(entry):
    return entry.filename.replace("\\", "/").lstrip("/")


class Bounded:
    """A stream that refuses to give far more bytes than the file behind it has.

    Parameters
    ----------
    stream : binary file
        Maybe unpacking.
    path : pathlib.Path
        For messages.
    size : int
        Bytes of the file on the disk.
    """

    def __init__(self, stream, path, size):
        self._stream, self._path = stream, path
        self._most = max(_FREE_BYTES, MOST_RATIO * size)
        self._given = 0
        self._head = io.BytesIO()

    def peek(self, count):
        """The next bytes, which are still there to be read."""
        head = self._head.read()
        while len(head) < count and (more := self._taken(self._stream.read, count)):
            head += more
        self._head = io.BytesIO(head)
        return head[:count]

    def read(self, count=-1):
        """Bytes, all that are left by default."""
        if count is None or count < 0:
            count = self._most + 1
        pieces = [self._head.read(count)]
        left = count - len(pieces[0])
        while left > 0 and (piece := self._taken(self._stream.read, min(left, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def readline(self, count):
        """A line of at most so many bytes."""
        line = self._head.readline(count)
        if line.endswith(b"\n") or len(line) == count:
            return line
        return line + self._taken(self._stream.readline, count - len(line))

    def seek(self, position, whence=0):
        """Go back to a place that was read before; only the start is needed.

        Raises
        ------
        InputError
            The stream cannot do it.
        """
        try:
            found = self._stream.seek(position, whence)
        except _DAMAGED as error:
            raise InputError(f"{self._path} cannot be read twice ({error})") from None
        self._head, self._given = io.BytesIO(), 0
        return found

    def seekable(self):
        """Whether `seek` works."""
        return self._stream.seekable()

    def _taken(self, read, count):
        try:
            content = read(count)
        except _DAMAGED as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
            raise InputError(
                f"{self._path} cannot be unpacked ({reason}), expected a whole archive; copy it "
                "again"
            ) from None
        self._given += len(content)
        if self._given > self._most:
            raise InputError(
                f"{self._path} unpacks to more than {self._most:,} bytes, {MOST_RATIO} times its "
                "size, expected a city model; it may be a zip bomb: unpack it yourself if you "
                "trust it"
            )
        return content


@contextmanager
def _open_member(path, raw, expected, inside):
    """Stream of a model in a zip archive, and its packed bytes; of the one it has by default."""
    try:
        archive = zipfile.ZipFile(raw)
        models = _models(archive, inside)
        stream = archive.open(models[0]) if len(models) == 1 else None
    except _DAMAGED as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise InputError(
            f"{path} cannot be unpacked ({reason}), expected a whole archive; copy it again"
        ) from None
    if stream is None:
        raise InputError(
            f"{path} holds {len(models)} files that may be models, expected {expected}, one in an "
            "archive; unpack it and name the file"
        )
    with stream:
        yield stream, models[0].compress_size


def _models(archive, inside):
    """Entries of an archive whose names are those of models; code lists beside them are none."""
    if inside:
        return [i for i in archive.infolist() if _plain_name(i) == inside][:1]
    entries = [i for i in archive.infolist() if not Path(i.filename).name.startswith(".")]
    for endings in _MODEL_NAMES:
        models = [i for i in entries if i.filename.lower().endswith(endings)]
        if models:
            return models
    return []
