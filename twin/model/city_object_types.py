"""Types of city objects of CityJSON 2.0, and what they are a part of."""

BUILDING_PARTS = ("BuildingPart", "BuildingRoom", "BuildingStorey", "BuildingUnit")
"""Parts that are the house itself; furniture and installations in or on it are not."""

_PARTS = {
    "Bridge": "ConstructiveElement Furniture Installation Part Room",
    "Building": "ConstructiveElement Furniture Installation Part Room Storey Unit",
    "Tunnel": "ConstructiveElement Furniture HollowSpace Installation Part",
}
_OTHERS = (
    "CityFurniture CityObjectGroup LandUse OtherConstruction PlantCover Railway "
    "Road SolitaryVegetationObject TINRelief TransportSquare WaterBody Waterway"
)

TYPES = frozenset(_OTHERS.split()) | frozenset(
    whole + part for whole, parts in _PARTS.items() for part in ["", *parts.split()]
)
"""First and second level types of CityJSON 2.0, without extensions."""

GENERIC = "+GenericCityObject"
"""What an object of no known class is; CityJSON 1.0 and 1.1 have it without the sign."""

GENERIC_EXTENSION = {
    "url": "https://cityjson.org/extensions/download/generic.ext.json",
    "version": "1.0",
}
"""Where CityJSON 2.0 has it: an extension under the name ``Generic``."""

GROUND_TYPES = ("LandUse", "PlantCover", "Railway", "Road", "TransportSquare", "WaterBody")
"""What lies on the ground where a model has no relief of its own."""


def is_known(kind):
    """Whether a type is of CityJSON or of an extension (``"+Name"``)."""
    return kind in TYPES or kind.startswith("+")
