"""Raw payloads: each kept once by its hash, with every receipt, to be replayed at any time."""

import gzip
import hashlib
import os
import tempfile
import time
import zlib
from pathlib import Path

from twin.errors import DeviceError, InputError, MissingError
from twin.feeds.feed_database import FeedDatabase, microseconds, moment

LARGEST_PAYLOAD = 2**30
_ORPHAN_SECONDS = 3600.0
_FROM_RECEIPTS = "SELECT receipt_id, received_us, sha256 FROM receipt"


class RawStore:
    """All that the sources ever sent, byte for byte.

    Parameters
    ----------
    folder : path
        Holds `feeds.sqlite` and the payloads as `raw/<2 letters>/<SHA-256>.gz`.

    Notes
    -----
    Receipts are only ever added; `forget` is the one way out. A payload is written aside, synced
    and renamed before its receipt is committed: what is listed is whole. After a crash in between
    there is a file without a receipt, which `forget` takes away.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.database = FeedDatabase(folder)

    def keep(self, source, content, received, url=""):
        """Keep one payload.

        Parameters
        ----------
        source : str
            Name of the source.
        content : bytes
            As it came.
        received : pandas.Timestamp
            When it came, with a zone.
        url : str
            From where, without a key.

        Returns
        -------
        str
            SHA-256 of the content.

        Raises
        ------
        DeviceError
            The disk is full; nothing was kept.
        """
        digest, _ = self._keep(source, content, received, url, pending=False)
        return digest

    def spool(self, source, content, received, url=""):
        """Keep one payload whose readings still have to be stored; see `pending` and `done`.

        Returns
        -------
        digest : str
            SHA-256 of the content.
        receipt : int
            To be handed to `done`.
        """
        return self._keep(source, content, received, url, pending=True)

    def _keep(self, source, content, received, url, pending):
        digest = hashlib.sha256(content).hexdigest()
        if self._file(digest).is_file():
            self._file(digest).touch()  # so that no `forget` takes it away at this moment
        else:
            self._write(digest, content)
        with self.database.connection() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO payload VALUES (?, ?)", (digest, len(content))
            )
            receipt = connection.execute(
                "INSERT INTO receipt (source, received_us, sha256, url) VALUES (?, ?, ?, ?)",
                (source, microseconds(received), digest, url[:2000]),
            ).lastrowid
            if pending:
                connection.execute("INSERT INTO pending VALUES (?)", (receipt,))
        return digest, receipt

    def read(self, digest):
        """Content of a payload.

        Raises
        ------
        MissingError
            There is none with this hash.
        InputError
            The file is damaged.
        """
        file = self._file(digest)
        try:
            with gzip.open(file) as stream:
                content = stream.read(LARGEST_PAYLOAD + 1)
        except FileNotFoundError:
            raise MissingError(f"no payload {digest} in {self.folder}, it was forgotten") from None
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(file, error) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise _damaged(file, "its content has another hash")
        return content

    def between(self, source, start=None, end=None, known_at=None):
        """Payloads of a source, the oldest receipt first.

        Parameters
        ----------
        source : str
            Name of the source.
        start, end : pandas.Timestamp, optional
            First and last time of receipt, both included.
        known_at : pandas.Timestamp, optional
            Nothing that was received later.

        Yields
        ------
        received : pandas.Timestamp
        sha256 : str
        content : bytes

        Notes
        -----
        A damaged payload becomes a dead letter, and the next one is read.
        """
        where, values = ["source = ?"], [source]
        bounds = (("received_us >= ?", start), ("received_us <= ?", end))
        for condition, time_ in (*bounds, ("received_us <= ?", known_at)):
            if time_ is not None:
                where.append(condition)
                values.append(microseconds(time_))
        query = f"{_FROM_RECEIPTS} WHERE {' AND '.join(where)} ORDER BY received_us, receipt_id"
        for _, received, digest, content in self._contents(source, query, values):
            yield received, digest, content

    def newest(self, source, known_at, most=1):
        """The last payloads of a source that differ, the oldest of them first.

        Parameters
        ----------
        source : str
            Name of the source.
        known_at : pandas.Timestamp
            Nothing that was received later.
        most : int
            How many.

        Returns
        -------
        list of (received, sha256, content)
            As of `between`; `received` is the last receipt.
        """
        query = (
            "SELECT max(receipt_id) AS receipt_id, max(received_us) AS received_us, sha256 "
            "FROM receipt WHERE source = ? AND received_us <= ? "
            "GROUP BY sha256 ORDER BY received_us DESC LIMIT ?"
        )
        found = self._contents(source, query, [source, microseconds(known_at), most])
        return [entry[1:] for entry in found][::-1]

    def pending(self, source, limit):
        """The oldest payloads of a source whose readings are not stored yet, at most `limit`.

        Yields
        ------
        receipt : int
            To be handed to `done`.
        received : pandas.Timestamp
        sha256 : str
        content : bytes
        """
        query = (
            f"{_FROM_RECEIPTS} JOIN pending USING (receipt_id) WHERE source = ? "
            "ORDER BY received_us, receipt_id LIMIT ?"
        )
        yield from self._contents(source, query, [source, limit])

    def done(self, receipts):
        """Mark receipts as stored."""
        with self.database.connection() as connection:
            connection.executemany(
                "DELETE FROM pending WHERE receipt_id = ?", [(receipt,) for receipt in receipts]
            )

    def waiting(self, source):
        """How many payloads of a source wait for their readings to be stored."""
        query = "SELECT count(*) FROM pending JOIN receipt USING (receipt_id) WHERE source = ?"
        with self.database.connection() as connection:
            return connection.execute(query, (source,)).fetchone()[0]

    def knows(self, source, content):
        """Whether a source sent this content before."""
        digest = hashlib.sha256(content).hexdigest()
        query = "SELECT 1 FROM receipt WHERE sha256 = ? AND source = ? LIMIT 1"
        with self.database.connection() as connection:
            return connection.execute(query, (digest, source)).fetchone() is not None

    def sources(self):
        """Names of all sources of which something is kept, sorted."""
        with self.database.connection() as connection:
            rows = connection.execute("SELECT DISTINCT source FROM receipt ORDER BY source")
            return [row[0] for row in rows.fetchall()]

    def bury(self, source, received, reason, digest=None, kind="failure"):
        """Keep a dead letter: what could not be used, and why.

        Parameters
        ----------
        source : str
            Name of the source.
        received : pandas.Timestamp
            When it came, with a zone.
        reason : str
            In one line.
        digest : str, optional
            Hash of the payload, where there is one.
        kind : str
            ``"failure"``, ``"drift"`` for a sample of a schema with unknown names, or
            ``"rejected"`` for a payload of which not one reading could be used.
        """
        line = "".join(c if c.isprintable() else " " for c in str(reason))[:1000]
        with self.database.connection() as connection:
            connection.execute(
                "INSERT INTO dead_letter VALUES (?, ?, ?, ?, ?)",
                (source, microseconds(received), digest, kind, line),
            )

    def dead_letters(self, source=None, limit=100):
        """The newest dead letters, newest first.

        Returns
        -------
        list of dict
            ``source``, ``received``, ``sha256``, ``kind`` and ``reason``.
        """
        query = (
            "SELECT * FROM dead_letter WHERE source = ? OR ? IS NULL "
            "ORDER BY received_us DESC, rowid DESC LIMIT ?"
        )
        with self.database.connection() as connection:
            rows = connection.execute(query, (source, source, limit)).fetchall()
        return [
            {**{k: row[k] for k in ("source", "sha256", "kind", "reason")},
             "received": moment(row["received_us"])}
            for row in rows
        ]  # fmt: skip

    def forget(self, source, before):
        """Let go of what a source sent before a time; what is still waiting stays.

        Parameters
        ----------
        source : str
            Name of the source.
        before : pandas.Timestamp
            With a zone.

        Returns
        -------
        int
            How many receipts are gone. Files to which no receipt leads any more go with them.
        """
        values = (source, microseconds(before))
        with self.database.connection() as connection:
            gone = connection.execute(
                "DELETE FROM receipt WHERE source = ? AND received_us < ? "
                "AND receipt_id NOT IN (SELECT receipt_id FROM pending)",
                values,
            ).rowcount
            connection.execute(
                "DELETE FROM dead_letter WHERE source = ? AND received_us < ?", values
            )
            connection.execute(
                "DELETE FROM payload WHERE sha256 NOT IN (SELECT sha256 FROM receipt)"
            )
            kept = {row[0] for row in connection.execute("SELECT sha256 FROM payload")}
        self._sweep(kept)
        return gone

    def _contents(self, source, query, values):
        with self.database.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        for row in rows:
            received = moment(row["received_us"])
            try:
                content = self.read(row["sha256"])
            except (InputError, MissingError) as error:
                self.bury(source, received, error, row["sha256"])
                self.done([row["receipt_id"]])
                continue
            yield row["receipt_id"], received, row["sha256"], content

    def _file(self, digest):
        return self.folder / "raw" / digest[:2] / f"{digest}.gz"

    def _write(self, digest, content):
        file = self._file(digest)
        aside = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as out:
                aside = Path(out.name)
                out.write(gzip.compress(content, 6, mtime=0))
                out.flush()
                os.fsync(out.fileno())
            aside.replace(file)
        except OSError as error:
            if aside is not None:
                aside.unlink(missing_ok=True)
            raise DeviceError(
                f"{file.parent} cannot be written ({error.strerror}), expected free space; the "
                "payload was not kept, free some space"
            ) from error

    def _sweep(self, kept):
        """Delete files without a receipt; young ones may be about to get theirs."""
        for file in self.folder.glob("raw/*/*"):
            is_old = time.time() - file.stat().st_mtime > _ORPHAN_SECONDS
            if is_old and file.name.removesuffix(".gz") not in kept:
                file.unlink(missing_ok=True)


def _damaged(file, reason):
    return InputError(
        f"{file} is damaged ({reason}), expected a kept payload; restore it from a copy"
    )
