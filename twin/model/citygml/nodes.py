"""Elements of a CityGML file as light nodes, which are quick to make and to walk."""

XLINK_HREF = "http://www.w3.org/1999/xlink}href"
GML_ID_2 = "http://www.opengis.net/gml}id"
GML_ID_3 = "http://www.opengis.net/gml/3.2}id"


class Node(list):
    """An element: a list of the elements inside it.

    Parameters
    ----------
    space : str
        Kind of its namespace, as `twin.model.citygml.names.name_of` gives it.
    name : str
        Its local name.
    attributes : dict
        As expat gives them.

    Attributes
    ----------
    text : str or None
        What stands before the first element inside it.
    corners : array.array or None
        Of a polygon with one plain ring: its corners, flat x, y, z, in place of the elements that
        held them; a relief has millions of them.
    """

    __slots__ = ("attributes", "corners", "name", "space", "text")

    def __init__(self, space, name, attributes):
        self.space = space
        self.name = name
        self.attributes = attributes
        self.text = None
        self.corners = None

    def get(self, name, default=None):
        """An attribute, or the default where it is not there."""
        return self.attributes.get(name, default)

    @property
    def gml_id(self):
        """Its gml:id, or None."""
        attributes = self.attributes
        return attributes.get(GML_ID_2) or attributes.get(GML_ID_3) if attributes else None

    def walk(self):
        """Give this node and all inside it, in the order of the file."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node)
