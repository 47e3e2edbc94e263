"""Codelists beside a CityGML file: what its codes are called."""

import os
import re
from pathlib import Path
from xml.etree.ElementTree import ParseError

from twin.errors import TwinError
from twin.model.citygml.names import name_of
from twin.model.packed_file import open_unpacked

_MOST_BYTES = 10_000_000
_MOST_LISTS = 1000
_PATH = re.compile(r"(?:\.\./){0,6}(?:[\w.\- ]+/){0,6}[\w.\- ]+\.xml")


class Codelists:
    """Names of codes, from GML dictionaries in the folders around a file.

    Parameters
    ----------
    folder : pathlib.Path or None
        Where the file lies; None where that is not known, then no code has a name.
    """

    def __init__(self, folder):
        self._folder = folder
        self._lists = {}

    def name(self, code_space, code):
        """What a code is called, or None.

        Parameters
        ----------
        code_space : str
            Path of the list as the file has it, for example
            ``"../../codelists/Building_usage.xml"``; an address on the web is never asked.
        code : str
            In that list.
        """
        if self._folder is None or not _PATH.fullmatch(code_space):
            return None
        names = self._lists.get(code_space)
        if names is None and len(self._lists) < _MOST_LISTS:
            names = self._lists[code_space] = self._read(code_space)
        return names.get(code) if names else None

    def _read(self, code_space):
        near = self._folder / "codelists" / Path(code_space).name
        for path in (Path(os.path.normpath(self._folder / code_space)), near):
            try:
                with open_unpacked(path, "a code list") as stream:
                    content = stream.read(_MOST_BYTES + 1)
            except (TwinError, OSError):
                continue
            return _read_dictionary(content) if len(content) <= _MOST_BYTES else {}
        return {}


def _read_dictionary(content):
    """Codes and names of a gml:Dictionary; nothing where the bytes are something else."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, OSError, ValueError, LookupError):
        return {}
    if name_of(root.tag)[1] != "Dictionary":
        return {}
    names = {}
    for definition in root.iter():
        if name_of(definition.tag)[1] != "Definition":
            continue
        texts = {name_of(child.tag)[1]: (child.text or "").strip() for child in definition}
        if texts.get("name") and texts.get("description"):
            names[texts["name"]] = texts["description"]
    return names
