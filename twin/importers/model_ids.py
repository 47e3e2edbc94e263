"""Ids of objects over several files: what stands in two is taken once, what differs is renamed."""

from dataclasses import replace

from twin.model.free_names import FreeNames


class TakenIds:
    """Ids that are in use in a model.

    Attributes
    ----------
    versions : dict of str to str
        Version of each object by its id (`twin.model.identity.version_of`).
    """

    def __init__(self):
        self.versions = {}
        self._names = FreeNames()

    def family(self, family, versions, told):
        """A family under ids that no other file has used; empty where it is there already.

        Parameters
        ----------
        family : list of CityObject
            A root with its parts.
        versions : dict of str to str
            Of its objects, by id.
        told : Told
            Counts what is there already, and takes a word on what is renamed.

        Returns
        -------
        list of CityObject
        """
        if all(self.versions.get(entry.id) == versions[entry.id] for entry in family):
            told.again += len(family)
            return []
        names = {entry.id: self._names.take(entry.id) for entry in family}
        self.versions |= {names[name]: versions[name] for name in names}
        changed = {name: new for name, new in names.items() if name != new}
        told.renamed += len(changed)
        for name, new in changed.items():
            told.add(new, f"an object of another file has the id {name[:80]}; got another")
        return [_renamed(entry, changed) for entry in family] if changed else family


def _renamed(entry, names):
    parents, children = (
        tuple(names.get(name, name) for name in some) for some in (entry.parents, entry.children)
    )
    return replace(entry, id=names.get(entry.id, entry.id), parents=parents, children=children)
