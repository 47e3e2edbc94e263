"""The classes of objects that carry a state, and one object of them."""

from dataclasses import dataclass

from twin.errors import InputError

CLASSES = {
    "building": {"buildings": "building_id"},
    "road": {"roads": "road_id"},
    "underpass": {"roads": "road_id"},
    "drain": {"drains": "drain_id"},
    "pump": {"pump_stations": "pump_station_id", "mobile_pumps": "mobile_pump_id"},
    "gate": {"gates": "gate_id"},
    "shelter": {"places": "place_id"},
    "place": {"places": "place_id"},
    "district": {"districts": "district_id"},
    "spot": {"flood_spots": "spot_id"},
}
"""Class of objects -> its layers and their columns of ids. A shelter is a place that takes people
in."""

SHELTER_KINDS = ("shelter", "evacuation site", "evacuation_site")
"""Kinds of places that are shelters; where a city has none, its schools are."""


@dataclass(frozen=True)
class FoundObject:
    """One object of a city.

    Parameters
    ----------
    kind : str
        Its class, a key of `CLASSES`.
    id : str
        Its id, or ``row:N`` where its layer has none.
    layer : str
        Layer in which it stands.
    row : int
        Row of that layer.
    attributes : dict
        All columns of the row but the shape, plain values.
    shape : shapely geometry
        In the CRS of the city.
    """

    kind: str
    id: str
    layer: str
    row: int
    attributes: dict
    shape: object

    @property
    def name(self):
        """Its name, or its id where it has none."""
        return str(self.attributes.get("name") or self.id)


def require_class(kind):
    """A class of objects by its name.

    Raises
    ------
    InputError
        There is no such class.
    """
    if kind not in CLASSES:
        raise InputError(
            f"class is {str(kind)[:40]!r}, expected one of {', '.join(CLASSES)}; choose one"
        )
    return CLASSES[kind]
