"""Names of CityGML: which elements are objects, which are surfaces, and what they are here."""

import re
from functools import lru_cache

from twin.model.city_object_types import GENERIC

VERSIONS = ("1.0", "2.0", "3.0")

GML = "gml"
CITYGML = "citygml"
APPEARANCE = "appearance"
ADDRESS = "address"
OTHER = "other"


_CORE = re.compile(r"http://www\.opengis\.net/citygml(?:/profiles/[a-z]+)?/(\d+\.\d+)")

_MODULE = re.compile(r"http://www\.opengis\.net/citygml/(?:[a-z/]+/)?(\d+\.\d+)$")

OBJECTS = {
    name: name
    for name in (
        *("Building", "BuildingPart", "BuildingInstallation", "BuildingConstructiveElement"),
        *("BuildingFurniture", "BuildingRoom", "BuildingUnit", "Bridge", "BridgePart"),
        *("BridgeInstallation", "BridgeConstructiveElement", "BridgeFurniture", "BridgeRoom"),
        *("Tunnel", "TunnelPart", "TunnelInstallation", "TunnelConstructiveElement"),
        *("TunnelFurniture", "Road", "Railway", "Waterway", "WaterBody", "PlantCover"),
        *("SolitaryVegetationObject", "LandUse", "TINRelief", "CityFurniture"),
        *("CityObjectGroup", "OtherConstruction"),
    )
} | {
    "Room": "BuildingRoom",
    "Storey": "BuildingStorey",
    "IntBuildingInstallation": "BuildingInstallation",
    "IntBridgeInstallation": "BridgeInstallation",
    "IntTunnelInstallation": "TunnelInstallation",
    "BridgeConstructionElement": "BridgeConstructiveElement",
    "HollowSpace": "TunnelHollowSpace",
    "Square": "TransportSquare",
    "Track": "Road",
    "TransportationComplex": "Road",
    "ReliefFeature": "+ReliefFeature",
    "MassPointRelief": "+MassPointRelief",
    "BreaklineRelief": "+BreaklineRelief",
    "RasterRelief": "+RasterRelief",
    "GenericCityObject": GENERIC,
    "GenericOccupiedSpace": GENERIC,
    "GenericUnoccupiedSpace": GENERIC,
    "GenericLogicalSpace": GENERIC,
}
"""Type in CityJSON of each class; the same local names in all versions and modules."""

SURFACES = {
    name: name
    for name in (
        *("RoofSurface", "WallSurface", "GroundSurface", "ClosureSurface", "FloorSurface"),
        *("OuterCeilingSurface", "OuterFloorSurface", "InteriorWallSurface", "CeilingSurface"),
        *("Window", "Door", "WaterSurface", "WaterGroundSurface", "WaterClosureSurface"),
        *("TrafficArea", "AuxiliaryTrafficArea"),
    )
} | {
    "WindowSurface": "Window",
    "DoorSurface": "Door",
    "Marking": "TransportationMarking",
    "HoleSurface": "TransportationHole",
    "GenericThematicSurface": "+GenericThematicSurface",
}
"""Semantics in CityJSON of each class of boundary surface."""

SPACES = frozenset(
    ("TrafficSpace", "AuxiliaryTrafficSpace", "ClearanceSpace", "Section", "Intersection", "Hole")
)
"""Parts of a road in CityGML 3 that have no identity here; their surfaces become the road's."""

MEMBERS = frozenset(
    ("cityObjectMember", "featureMember", "featureMembers", "member", "groupMember")
)
"""Properties of the city model that hold objects."""


@lru_cache(maxsize=4096)
def name_of(tag):
    """Kind of namespace and local name of a tag.

    Examples
    --------
    >>> name_of("{http://www.opengis.net/citygml/building/2.0}Building")
    ('citygml', 'Building')
    """
    space, _, local = str(tag).rpartition("}")
    space = space.lstrip("{")
    if space.startswith("http://www.opengis.net/gml"):
        return GML, local
    if space.startswith("http://www.opengis.net/citygml/appearance"):
        return APPEARANCE, local
    if space.startswith("http://www.opengis.net/citygml"):
        return CITYGML, local
    if ":xsdschema:xAL" in space or ":ciq:xal" in space:
        return ADDRESS, local
    return OTHER, local


def version_of(tag):
    """Version of CityGML that the tag of a city model states, or None.

    Examples
    --------
    >>> version_of("{http://www.opengis.net/citygml/2.0}CityModel")
    '2.0'
    """
    space, _, local = str(tag).rpartition("}")
    found = _CORE.fullmatch(space.lstrip("{"))
    return found.group(1) if found and local == "CityModel" else None


def version_in(space):
    """Version of CityGML that a namespace is of, or None.

    Examples
    --------
    >>> version_in("http://www.opengis.net/citygml/building/2.0")
    '2.0'
    """
    found = _MODULE.match(space)
    return found.group(1) if found else None


def is_lod(name):
    """Whether a property, such as ``lod2Solid``, holds a geometry of some level of detail."""
    return name.startswith("lod") and name[3:4].isdigit()
