"""Names that no other object has: a number behind what is taken."""


class FreeNames:
    """Gives each name once; the second ``house`` becomes ``house-2``, in time that stays the same.

    Examples
    --------
    >>> names = FreeNames()
    >>> [names.take(name) for name in ("a", "a", "a-2", "a")]
    ['a', 'a-2', 'a-2-2', 'a-3']
    """

    def __init__(self):
        self._taken = set()
        self._next = {}

    def __contains__(self, name):
        return name in self._taken

    def take(self, name):
        """The name, or the first with a number behind it that is free; from then on it is taken."""
        free = name
        if name in self._taken:
            number = self._next.get(name, 2)
            while (free := f"{name}-{number}") in self._taken:
                number += 1
            self._next[name] = number + 1
        self._taken.add(free)
        return free
