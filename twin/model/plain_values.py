"""What a file says about an object as values that can be stored anywhere."""

import math

_DEEPEST = 16
_LONGEST = 100_000


def plain(value, depth=0):
    """A JSON value without NaN, half characters, endless nesting and endless text.

    Parameters
    ----------
    value : object
        As `json.loads` gives it.

    Returns
    -------
    object
        The same; numbers that are none and what lies too deep become None.
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if depth >= _DEEPEST:
        return None
    if isinstance(value, dict):
        return {text(str(key)): plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, depth + 1) for inner in value]
    return text(str(value))


def text(value):
    """A text that is valid Unicode, cut where it is absurdly long."""
    if value.isascii() and len(value) <= _LONGEST:
        return value
    return value[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
