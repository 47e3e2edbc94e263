"""Colours of the city where a model has none: by kind of surface and by class of object."""

import numpy as np

ROOF, WALL = "RoofSurface", "WallSurface"

# sRGB. Muted, so that the colours of water and of hazard stand out.
_SURFACES = {
    ROOF: "#b9a493",
    WALL: "#dcd6cb",
    "GroundSurface": "#8f8b85",
    "OuterCeilingSurface": "#cfc8bc",
    "OuterFloorSurface": "#b5b0a8",
    "Window": "#7d97ab",
    "Door": "#8a6f5a",
    "WaterSurface": "#5f8fb0",
    "WaterGroundSurface": "#6d7f86",
    "TrafficArea": "#8b8d92",
    "AuxiliaryTrafficArea": "#9aa08f",
}
_CLASSES = {
    "Building": WALL,
    "Bridge": "#a7a39b",
    "Tunnel": "#8d8a86",
    "Road": "#84868b",
    "Railway": "#7c7672",
    "TransportSquare": "#9a9790",
    "TransportationComplex": "#84868b",
    "Waterway": "#5f8fb0",
    "WaterBody": "#5f8fb0",
    "PlantCover": "#86a36c",
    "SolitaryVegetationObject": "#6f9657",
    "LandUse": "#b7b59a",
    "CityFurniture": "#b08d57",
    "OtherConstruction": "#a9a29a",
}
_OTHER = "#a5a29d"

# Inside of a house, or an opening that is no surface: nobody sees it from outside.
UNSEEN = frozenset(
    (
        "ClosureSurface",
        "InteriorWallSurface",
        "CeilingSurface",
        "FloorSurface",
        "WaterClosureSurface",
    )
)


def linear(colour):
    """Linear colour and full opacity of an sRGB hex code, as COLOR_0 has it; uint8, shape (4,).

    Notes
    -----
    IEC 61966-2-1, the transfer function of sRGB.
    """
    value = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    value = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.append(np.round(value * 255), 255).astype(np.uint8)


SURFACE_COLOURS = {name: linear(colour) for name, colour in _SURFACES.items()}
"""Of semantic surfaces."""


def class_colour(kind):
    """Colour of the objects of a class of CityJSON where a surface says nothing."""
    plain = kind.lstrip("+")
    family = next((name for name in _CLASSES if plain.startswith(name)), None)
    colour = _CLASSES.get(family, _OTHER)
    return SURFACE_COLOURS[colour] if colour in SURFACE_COLOURS else linear(colour)
