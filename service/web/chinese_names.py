"""Names of places in Chinese, as far as the layers of a city carry them (``name_zh``)."""

import re

LAYERS = ("districts", "villages", "roads", "places", "flood_spots")
_FORMS = (
    (re.compile(r"near (?P<a>.+)"), "{a}附近"),
    (re.compile(r"(?P<a>.+) at (?P<b>.+)"), "{a}與{b}口"),
    (re.compile(r"(?P<a>.+?) underpass", re.IGNORECASE), "{a}地下道"),
)
"""How the forecast puts the name of a spot together, and how Chinese does."""
_NUMBER = re.compile(r"(?P<a>.+) \((?P<number>\d+)\)")


def names_of(city):
    """Chinese names of a city by their English ones.

    Parameters
    ----------
    city : twin.city.City
        Read in the layers `LAYERS`, where it has them.

    Returns
    -------
    dict
        Name -> name in Chinese.
    """
    names = {}
    for layer in LAYERS:
        frame = city.layer(layer) if layer in city.layer_names else ()
        if "name" in frame and "name_zh" in frame:
            known = frame[["name", "name_zh"]].dropna().drop_duplicates()
            names.update(known.itertuples(index=False, name=None))
    return names


def in_chinese(place, names):
    """A name that the forecast gave to a spot, in Chinese; None where a part has no such name.

    Examples
    --------
    >>> in_chinese("Mill Road at Quay (2)", {"Mill Road": "磨坊路", "Quay": "碼頭街"})
    '磨坊路與碼頭街口（2）'
    """
    if not place:
        return None
    if place in names:
        return names[place]
    counted = _NUMBER.fullmatch(place)
    if counted:
        name = in_chinese(counted["a"], names)
        return name and f"{name}（{counted['number']}）"
    for form, chinese in _FORMS:
        found = form.fullmatch(place)
        if found:
            parts = {key: in_chinese(part, names) for key, part in found.groupdict().items()}
            return chinese.format(**parts) if all(parts.values()) else None
    return None
