"""Troubles of one file of a city model while it is taken: those of its reader, and our own."""

from collections import Counter

_MOST_TOLD = 5  # troubles of one object that are kept beside it


class Told:
    """Troubles of a file by object, as far as they are kept.

    Parameters
    ----------
    source : object
        Its reader, with ``troubles`` and ``trouble_count``, which grow.

    Attributes
    ----------
    kinds : collections.Counter
        Objects of each type that have troubles.
    again : int
        Objects that another file had already.
    renamed : int
        Objects whose id another object of another file has.
    """

    def __init__(self, source):
        self._source, self._seen = source, 0
        self._words, self.kinds = {}, Counter()
        self._extra = self.again = self.renamed = 0

    @property
    def count(self):
        """How many troubles there were."""
        return self._source.trouble_count + self._extra

    def add(self, name, words):
        """Add a trouble that came up here."""
        self._extra += 1
        self._words.setdefault(name, []).append(words)

    def of(self, name):
        """Words about one object, or about the file for an empty name."""
        troubles = self._source.troubles
        for trouble in troubles[self._seen :]:
            self._words.setdefault(trouble.object_id, []).append(trouble.what)
        self._seen = len(troubles)
        return self._words.get(name, ())[:_MOST_TOLD]
