"""Objects that belong together: a root with its parts, the parts of these, and so on."""


def families(objects):
    """Yield objects in families, each object once.

    Parameters
    ----------
    objects : dict of str to CityObject
        By id; children and parents may be missing or go in circles.

    Yields
    ------
    list of CityObject
        The root first. An object whose parents are not in the model is a root; members of a
        group stay roots of their own.
    """
    taken = set()
    children = _children(objects)
    roots = [name for name, entry in objects.items() if not _has_parent(entry, objects)]
    for name in [*roots, *objects]:  # the rest goes in circles
        if name not in taken:
            yield _family(name, objects, children, taken)


def _has_parent(entry, objects):
    return any(_is_part_of(parent, entry, objects) for parent in entry.parents)


def _is_part_of(parent, entry, objects):
    known = objects.get(parent)
    return known is not None and known is not entry and known.type != "CityObjectGroup"


def _children(objects):
    """Ids of the parts of each object, as the parts themselves say."""
    found = {}
    for name, entry in objects.items():
        for parent in entry.parents:
            if _is_part_of(parent, entry, objects):
                found.setdefault(parent, {})[name] = None
    return found


def _family(root, objects, children, taken):
    found, waiting = [], [root]
    while waiting:
        name = waiting.pop()
        if name not in taken:
            taken.add(name)
            found.append(objects[name])
            waiting += reversed(children.get(name, {}))
    return found
