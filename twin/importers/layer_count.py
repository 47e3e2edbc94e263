"""What an import did to one layer: read, kept, dropped, changed, and why."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class LayerCount:
    """Counts of one layer; every object that was read is either kept or dropped.

    Parameters
    ----------
    name : str
        Name of the layer; of terrain the objects are cells.
    read, kept, dropped, changed : int
        Objects read, kept, dropped, and kept in another form than they came.
    reasons : collections.Counter
        How many objects were dropped or changed why. One object may have several reasons.
    file : str
        Name of the file, where a layer comes out of several.
    classes : dict of str to dict
        Of a city model the same four counts for each type of object.
    """

    name: str
    read: int = 0
    kept: int = 0
    dropped: int = 0
    changed: int = 0
    reasons: Counter = field(default_factory=Counter)
    classes: dict = field(default_factory=dict)
    file: str = ""

    def note(self, reason, count):
        """Add to a reason, unless there is nothing to add."""
        if count:
            self.reasons[reason] += int(count)

    def as_dict(self):
        """Plain dict for a report: all that is here, without ``classes`` and ``file`` if empty."""
        plain = {
            "name": self.name,
            "read": int(self.read),
            "kept": int(self.kept),
            "dropped": int(self.dropped),
            "changed": int(self.changed),
            "reasons": dict(sorted(self.reasons.items())),
        }
        more = {"classes": self.classes, "file": self.file}
        return plain | {key: value for key, value in more.items() if value}
