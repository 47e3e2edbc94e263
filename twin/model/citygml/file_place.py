"""Where the coordinates of a CityGML file lie, from the names that it gives here and there."""

from dataclasses import replace

from twin.model.citygml.crs import find_placement, horizontal_code
from twin.model.citygml.geometry import GEOMETRIES

_MOST_SYSTEMS = 100
"""Names of reference systems in one file."""

_FAR = 10_000.0
"""Numbers that are farther apart than these are hardly of one city, in whatever unit."""


class FilePlace:
    """Finds out in which reference system a file is.

    Parameters
    ----------
    tell : callable
        Takes "" and words on what is doubtful.

    Attributes
    ----------
    placement : twin.model.citygml.crs.Placement or None
        None until a name has come.
    """

    def __init__(self, tell):
        self.placement = None
        self._tell, self._corner = tell, None
        self._elsewhere = {}

    @property
    def crs(self):
        """``"EPSG:n"`` or ``"EPSG:n+m"``; None where it is not known."""
        return self.placement.crs if self.placement else None

    @property
    def is_found(self):
        """Whether some name has come, known or not."""
        return self.placement is not None

    def take(self, element, objects):
        """Take the first srsName in an element, if none has come.

        Parameters
        ----------
        element : Node
            The extent of the model, or one of its members.
        objects : int
            How many were read before.
        """
        for inner in element.walk():
            if inner.get("srsName") and self.placement is None:
                self._name(inner)
                if self.placement.crs is not None and objects:
                    self._tell("", f"{objects} objects come before its first srsName")

    def take_of_shapes(self, element):
        """Take the name at a shape where that of the extent cannot be that of the shapes.

        Parameters
        ----------
        element : Node
            The first member.
        """
        shapes = (i for i in element.walk() if i.name in GEOMETRIES and i.get("srsName"))
        shape = next(shapes, None)
        if shape is None or self.placement is None or self.placement.anchor:
            return
        name, of_extent = shape.get("srsName"), self.placement.name
        is_other = self.is_elsewhere(name) and _is_far(self._corner, _first_corner(shape))
        if horizontal_code(name) and (self.crs is None or is_other):
            self._name(shape)
            self._tell("", f"its extent is in {of_extent[:80]!r}, its shapes in {name[:80]!r}")

    def anchor(self, element):
        """Take the anchor of a local system, as CityGML 3 has it, that lies in a known one.

        Parameters
        ----------
        element : Node
            ``core:engineeringCRS``.
        """
        for inner in element.walk():
            if inner.name != "anchorDefinition" or not inner.get("codeSpace"):
                continue
            anchor = _floats(inner.text, 3)
            place = find_placement(inner.get("codeSpace"), anchor[:2] or None)
            if len(anchor) == 3 and place.crs is not None and not place.is_geographic:
                self.placement = replace(place, anchor=tuple(anchor))
                self._tell("", f"its coordinates are local, counted from {inner.text.strip()[:80]}")

    def is_elsewhere(self, name):
        """Whether an srsName has another horizontal system than the file."""
        if self.placement is not None and self.placement.anchor and name.startswith("#"):
            return False
        if name not in self._elsewhere and len(self._elsewhere) < _MOST_SYSTEMS:
            own = horizontal_code(self.placement.name) if self.placement else None
            self._elsewhere[name] = own is not None and horizontal_code(name) not in (own, None)
        return self._elsewhere.get(name, True)

    def _name(self, element):
        name = element.get("srsName").strip()
        self._corner = _first_corner(element)
        self.placement = find_placement(name, self._corner)
        self._elsewhere.clear()


def _is_far(one, other):
    """Whether two places cannot be in one system: degrees and metres, or two kinds of metres."""
    if one is None or other is None:
        return False
    return any(abs(a - b) > _FAR for a, b in zip(one, other, strict=True))


def _first_corner(element):
    """First two coordinates below an element, or None."""
    for inner in element.walk():
        if inner.corners is not None:
            return inner.corners[:2].tolist()
        if inner.name in ("lowerCorner", "pos", "posList"):
            values = _floats((inner.text or "")[:200], 2)
            return values if len(values) == 2 else None
    return None


def _floats(text, most):
    """The first numbers of a text; none where one of them is no number."""
    try:
        return [float(word) for word in (text or "").split(maxsplit=most)[:most]]
    except ValueError:
        return []
