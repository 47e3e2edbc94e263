"""Learned parameters of a city on disk: versions never change, one history says which holds."""

import contextlib
import fcntl
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from hydrology.forecast.parameter_sets import AS_THE_CITY_SAYS, read_parameters
from service.disk import full_disk_is_named, sync_file, sync_folder
from twin.errors import InputError, MissingError

FOLDER = "parameters"
HISTORY = "history.json"
LONGEST_REASON = 500


class ParameterStore:
    """Versions of the parameters of one city, and who put which in force, when and why.

    Parameters
    ----------
    city : path-like
        Folder of the city package; the store is its folder ``parameters``, made when first
        written.

    Notes
    -----
    A version is one file, written aside and linked to its name, which fails where the name is
    taken: no version is ever written twice. The history is one file too, replaced whole: its
    last entry is in force, so that no crash can leave a log that says one thing and a pointer
    that says another.
    """

    def __init__(self, city):
        self.folder = Path(city) / FOLDER

    def in_force(self):
        """The `ParameterSet` that forecasts are computed with.

        Raises
        ------
        InputError
            Its file was changed after it was put in force.
        """
        history = self.history()
        if not history:
            return AS_THE_CITY_SAYS
        parameters = self.open(history[-1]["version"])
        if parameters.digest != history[-1]["sha256"]:
            raise InputError(
                f"parameter set {parameters.version} is not the one that was put in force "
                f"({history[-1]['sha256'][:12]}), expected the same bytes; restore {self.folder}"
            )
        return parameters

    def open(self, version):
        """One version.

        Raises
        ------
        MissingError
            There is none.
        InputError
            Its file was changed.
        """
        if version == 0:
            return AS_THE_CITY_SAYS
        path = self._path(version)
        if not path.is_file():
            known = ", ".join(str(number) for number in self.versions())
            raise MissingError(
                f"no parameter set {version} in {self.folder}, expected one of {known}; list them"
            )
        parameters = read_parameters(path.read_bytes())
        if parameters.version != version:
            raise InputError(
                f"{path.name} holds parameter set {parameters.version}, expected {version}; "
                "restore the file"
            )
        return parameters

    def versions(self):
        """Numbers of all versions, 0 (the city as it is) first."""
        found = [int(path.stem) for path in self.folder.glob("[0-9]*.json") if path.stem.isdigit()]
        return [0, *sorted(found)]

    def tries(self, in_force, held_out):
        """How many sets were compared with the one in force on any of some events.

        Parameters
        ----------
        in_force : ParameterSet
        held_out : set of str
            Names of the events.
        """
        sets = [self.open(version) for version in self.versions()[1:]]
        return sum(
            one.parent == in_force.digest
            and not held_out.isdisjoint(one.provenance.get("held_out", ()))
            for one in sets
        )

    def history(self):
        """Entries, oldest first: ``version``, ``sha256``, ``action``, ``who``, ``when``, ``why``.

        Raises
        ------
        InputError
            The file cannot be read.
        """
        path = self.folder / HISTORY
        if not path.is_file():
            return []
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            return [dict(entry) for entry in entries if entry["sha256"] and entry["version"] >= 0]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{path} cannot be read ({str(error)[:80]}), expected the history as it was "
                "written; restore the file"
            ) from error

    def keep(self, propose):
        """Give a new set the next number and keep it, in shadow: nothing is computed with it.

        Parameters
        ----------
        propose : callable
            ``propose(version)`` gives the ParameterSet of that number.

        Returns
        -------
        ParameterSet
        """
        with self._locked():
            parameters = propose(self.versions()[-1] + 1)
            aside = self.folder / f".{secrets.token_hex(8)}"
            try:
                aside.write_bytes(parameters.document)
                sync_file(aside)
                os.link(aside, self._path(parameters.version))
            finally:
                aside.unlink(missing_ok=True)
            sync_folder(self.folder)
        return parameters

    def adopt(self, version, *, who, why):
        """Put a set in force that beat the one in force on held-out events.

        Returns
        -------
        dict
            The new entry of the history.

        Raises
        ------
        InputError
            It did not beat it, or it was compared with a set that is not in force any more, or
            nobody or no reason is named.
        MissingError
            There is no such version.
        """
        self._require_sets()
        with self._locked():
            parameters, current = self.open(version), self.in_force()
            verdict = parameters.provenance.get("verdict", {})
            if version == 0 or not verdict.get("accepted"):
                reasons = "; ".join(verdict.get("reasons", ())) or "it was never compared"
                raise InputError(
                    f"parameter set {version} does not beat the one in force on held-out events "
                    f"({reasons}), expected a proven gain; keep {current.version}"
                )
            if parameters.parent != current.digest:
                raise InputError(
                    f"parameter set {version} was not compared with {current.version}, which is in "
                    "force now, expected the same set; run `floodtwin learn shadow` again"
                )
            return self._enter(parameters, "adopt", who, why)

    def roll_back(self, version, *, who, why):
        """Put a set in force again that was in force before, or the city as it is (0).

        Returns
        -------
        dict
            The new entry of the history.

        Raises
        ------
        InputError
            It never was in force, or is so now, or its bytes are not those of then.
        MissingError
            There is no such version.
        """
        self._require_sets()
        with self._locked():
            history = self.history()
            before = {0: AS_THE_CITY_SAYS.digest}
            before |= {entry["version"]: entry["sha256"] for entry in history}
            parameters = self.open(version)
            if version == self.in_force().version or version not in before:
                raise InputError(
                    f"parameter set {version} is in force now or never was, expected one of "
                    f"{', '.join(str(number) for number in sorted(before))} that was before"
                )
            if parameters.digest != before[version]:
                raise InputError(
                    f"parameter set {version} is not what was in force then, expected the same "
                    "bytes; restore its file"
                )
            return self._enter(parameters, "rollback", who, why)

    def _require_sets(self):
        """Refuse a change where nothing was learned yet; nothing is made for it."""
        if not self.folder.is_dir():
            raise MissingError(
                f"nothing was learned in {self.folder}, expected a parameter set; run "
                "`floodtwin learn shadow` first"
            )

    def _enter(self, parameters, action, who, why):
        """Add an entry to the history, which puts its set in force."""
        for name, text in (("who", who), ("why", why)):
            if not text or not text.strip() or len(text) > LONGEST_REASON:
                raise InputError(
                    f"{name} is {str(text)[:40]!r}, expected 1 to {LONGEST_REASON} letters; say it"
                )
        entry = {
            "version": parameters.version,
            "sha256": parameters.digest,
            "action": action,
            "who": who.strip(),
            "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "why": why.strip(),
        }
        aside = self.folder / f".{HISTORY}.{secrets.token_hex(8)}"
        text = json.dumps([*self.history(), entry], indent=1, ensure_ascii=False)
        try:
            aside.write_text(text + "\n", encoding="utf-8")
            sync_file(aside)
            aside.replace(self.folder / HISTORY)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(self.folder)
        return entry

    @contextlib.contextmanager
    def _locked(self):
        """Hold the store against other writers."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            raise InputError(
                f"{self.folder} cannot hold parameters ({error.strerror}), expected a folder that "
                "can be written; check the city's folder"
            ) from error
        with lock, full_disk_is_named(self.folder):
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, version):
        return self.folder / f"{version:06d}.json"
