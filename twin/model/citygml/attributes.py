"""Attributes of CityGML: plain values, codes, measures, generic ones and data types of ADEs."""

from twin.model.citygml.names import ADDRESS, GML, is_lod
from twin.model.citygml.nodes import XLINK_HREF

_LONGEST = 10_000
"""Letters of a text that are kept."""

_MOST = 1000
"""Values of one attribute that are kept."""

_LONGEST_NUMBER = 40
_DEEPEST = 8

_WHOLE = frozenset(
    (
        *("storeysAboveGround", "storeysBelowGround", "yearOfConstruction", "yearOfDemolition"),
        *("surveyYear", "numberOfBuildings", "year"),
    )
)
_NUMBERS = frozenset(
    ("measuredHeight", "height", "trunkDiameter", "crownDiameter", "averageHeight")
)
_UNKNOWN = (-9999, 9999)  # how PLATEAU writes that a height or a number of storeys is not known
_METRES = frozenset(("m", "urn:adv:uom:m", "#m", "metre", "meter", "urn:ogc:def:uom:UCUM::m"))
_GENERIC = {
    "stringAttribute": str,
    "intAttribute": int,
    "doubleAttribute": float,
    "measureAttribute": float,
    "dateAttribute": str,
    "uriAttribute": str,
    "codeAttribute": str,
}


class AttributeReader:
    """Reads attributes into plain dicts.

    Parameters
    ----------
    codelists : twin.model.citygml.codelists.Codelists
        Names of codes.
    """

    def __init__(self, codelists):
        self._codelists = codelists

    def add(self, element, attributes, depth=0):
        """Put what a property says into a dict; a name that is there already becomes a list.

        Parameters
        ----------
        element : Node
            A property of an object.
        attributes : dict
            Changed. Codes stand as text under the name of the property, and what the codelist
            calls them under ``NAME_name``; a unit that is no metre under ``NAME_uom``.
        depth : int
            How deep it lies.
        """
        name = element.name
        kind = name[:1].lower() + name[1:]
        if kind in _GENERIC:
            self._add_generic(element, attributes, kind)
        elif kind in ("genericAttributeSet", "genericAttribute"):
            self._add_set(element, attributes, depth)
        elif len(element) == 0:
            self._add_simple(element, attributes, name)
        elif is_lod(name):
            return
        elif depth < _DEEPEST:
            self._add_parts(element, attributes, name, depth)

    def _add_simple(self, element, attributes, name):
        text = (element.text or element.get(XLINK_HREF) or "").strip()[:_LONGEST]
        if not text:
            return
        value = _value(element, name, text)
        if value in _UNKNOWN and (name in _WHOLE or name in _NUMBERS):
            return
        _put(attributes, name, value)
        _put_unit(attributes, name, element)
        space = element.get("codeSpace")
        called = self._codelists.name(space, text) if space else None
        if called:
            _put(attributes, f"{name}_name", called[:_LONGEST])

    def _add_generic(self, element, attributes, kind):
        """Generic attributes of CityGML 1 and 2, and of 3, whose name is an element."""
        name, value = element.get("name"), None
        for part in element:
            local = part.name
            if local == "name":
                name = part.text
            elif local == "value":
                value = part
        text = ((value.text if value is not None else None) or "").strip()[:_LONGEST]
        if not name or not text:
            return
        name = name.strip()[:_LONGEST]
        _put(attributes, name, _converted(text, _GENERIC[kind]))
        _put_unit(attributes, name, value)

    def _add_set(self, element, attributes, depth):
        """A set of generic attributes under its name; in CityGML 3 also each one's own holder."""
        name = element.get("name")
        inner = {} if name else attributes
        if depth >= _DEEPEST:
            return
        for part in element:
            if part.name == "name" and not name:
                name, inner = (part.text or "").strip()[:_LONGEST], {}
                continue
            self.add(part, inner, depth + 1)
        if inner is not attributes and inner and name:
            _put(attributes, name, inner)

    def _add_parts(self, element, attributes, name, depth):
        """Data types in a property, or their properties where the type has no element."""
        if element[0].name[:1].islower():
            self._add_data(element, attributes, name, depth)
            return
        for part in element:
            if part.space != GML:
                self._add_data(part, attributes, name, depth)

    def _add_data(self, part, attributes, name, depth):
        """A data type, such as ``uro:BuildingIDAttribute``, as a dict."""
        kind = part.name
        if name.startswith("adeOf"):
            name = kind[:1].lower() + kind[1:]
        inner = {}
        if len(part) == 0:
            self._add_simple(part, attributes, name)
            return
        for child in part:
            self.add(child, inner, depth + 1)
        if inner and kind.lower() != name.lower():
            inner.setdefault("type", kind)
        if inner:
            _put(attributes, name, inner)


def read_address(element):
    """An address as the names and texts of its parts; those of xAL 2 and 3.

    Parameters
    ----------
    element : Node
        ``core:Address`` or what stands around it.

    Returns
    -------
    dict
        For example ``{"LocalityName": "Delft", "ThoroughfareNumber": "12"}``.
    """
    found = {}
    holders = [(element, "")]
    while holders:
        holder, above = holders.pop()
        for part in holder:
            space, name = part.space, part.name
            if space == GML or name == "multiPoint":
                continue
            if len(part):
                holders.append((part, name))
            text = (part.text or "").strip()[:_LONGEST]
            if text and space == ADDRESS:
                key = above + name if name in ("NameElement", "Number", "Identifier") else name
                _put(
                    found, key.replace("NameElement", "Name").replace("Identifier", "Number"), text
                )
    return found


def _value(element, name, text):
    if element.get("codeSpace"):
        return text
    if name in _WHOLE:
        return _converted(text[:4] if name.startswith(("year", "survey")) else text, int)
    if name in _NUMBERS or element.get("uom"):
        return _converted(text, float)
    return {"true": True, "false": False}.get(text, text)


def _converted(text, kind):
    """A number where the text is one that fits into 64 bits, else the text."""
    if kind is str or len(text) > _LONGEST_NUMBER:
        return text
    try:
        value = kind(text)
    except ValueError:
        return text
    return value if abs(value) < 2**63 else text


def _put_unit(attributes, name, element):
    """Keep the unit of a measure that is not in metres."""
    unit = element.get("uom")
    if unit and unit not in _METRES:
        attributes[f"{name}_uom"] = unit[:_LONGEST]


def _put(attributes, name, value):
    if name not in attributes:
        attributes[name] = value
    elif not isinstance(attributes[name], list):
        attributes[name] = [attributes[name], value]
    elif len(attributes[name]) < _MOST:
        attributes[name].append(value)
