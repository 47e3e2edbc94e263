"""Rain gauges as the weather service wrote them before 2024, in today's shape."""

from twin.feeds.payload import as_list, part, require_records

ELEMENTS = {
    "MIN_10": "Past10Min",
    "RAIN": "Past1hr",
    "HOUR_3": "Past3hr",
    "HOUR_6": "Past6hr",
    "HOUR_12": "Past12hr",
    "HOUR_24": "Past24hr",
    "NOW": "Now",
    **dict.fromkeys(("24R", "H_24R"), "Now"),  # weather stations: since midnight, too
    "latest_2days": "Past2days",
    "latest_3days": "Past3days",
}
"""Old name of an element -> today's. `RAIN` is the sum of 60 minutes."""

NOT_RAIN = ("ELEV",)
"""Elements that say something of the station instead."""


def modern_stations(document, spec, elements="RainfallElement"):
    """Stations of an answer of before 2024 in the shape of `cwa_gauges`.

    Parameters
    ----------
    document : dict
        ``cwbopendata.location[]`` (also under ``dataset``) or ``records.location[]``.
    spec : twin.feeds.source.SourceSpec
        For messages.
    elements : str
        Today's name of what holds the elements.

    Returns
    -------
    list of dict
        ``StationId``, ``StationName``, ``ObsTime``, ``GeoInfo`` and the elements.

    Raises
    ------
    InputError
        Something else stands in the place of the stations.

    Notes
    -----
    Written from the description of the shape; no payload of it was at hand.
    """
    holder = part(document, "cwbopendata") or part(document, "records")
    holder = part(holder, "dataset") or holder
    places = require_records(holder.get("location"), spec)
    return [_modern(place, elements) for place in places]


def _modern(place, elements):
    names = {
        entry.get("parameterName"): entry.get("parameterValue")
        for entry in as_list(place.get("parameter"))
    }
    return {
        "StationId": place.get("stationId"),
        "StationName": place.get("locationName"),
        "ObsTime": {"DateTime": part(place, "time").get("obsTime")},
        "GeoInfo": {
            "Coordinates": _coordinates(place),
            "CountyName": names.get("CITY"),
            "TownName": names.get("TOWN"),
        },
        elements: {
            ELEMENTS.get(name, name): {"Precipitation": value}
            for name, value in _elements(place)
            if name not in NOT_RAIN
        },
    }


def _coordinates(place):
    """WGS 84 where it is given; the plain ``lat`` and ``lon`` of this time are TWD67."""
    return [
        {
            "CoordinateName": datum,
            "StationLongitude": place[f"lon{ending}"],
            "StationLatitude": place[f"lat{ending}"],
        }
        for datum, ending in (("WGS84", "_wgs84"), ("TWD67", ""))
        if f"lon{ending}" in place and f"lat{ending}" in place
    ]


def _elements(place):
    for entry in as_list(place.get("weatherElement")):
        value = entry.get("elementValue")
        yield (
            str(entry.get("elementName")),
            value.get("value") if isinstance(value, dict) else value,
        )
