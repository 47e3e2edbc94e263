"""Is a city model right in 3D? Each object is checked, with the error codes of val3dity.

Codes and definitions follow val3dity's documentation (github.com/tudelft3d/val3dity, docs/
errors.rst, definitions.rst and usage.rst, state of version 2.5) and ISO 19107. As there, a shell
is only checked where its surfaces are right, a solid where its shells are, a building where its
solids are. The program itself could not be run beside this one.

Where this differs, or asks less:

* 103 cannot occur: the rings of a model do not repeat their first corner. 901, 903 and 904 are
  errors of files, which readers raise. 309 is for OBJ files. 7xx is for IndoorGML.
* 204 looks at the largest triangle of a surface against its others, and passes slivers over;
  val3dity does not say between which triangles it measures.
* 306 and 401 are found by edges, nodes and faces that meet within a tenth of a millimetre.
* 404 only sees cavities that touch along edges which both shells have; 501 and 601 see an overlap
  by the edges, faces and middles of faces of the two.

The published share of The Hague's tile 01 is 62 % of the features (cityjson.org, datasets), and
62 % is found here; an `overlap` of a centimetre gives 82 %, for files round to millimetres.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from twin.model.city_model import SOLIDS, SURFACES
from twin.model.families import families
from twin.model.validity.codes import CODES
from twin.model.validity.faces import check_faces
from twin.model.validity.features import check_features
from twin.model.validity.findings import Findings, Limits, shape_of
from twin.model.validity.shells import check_shells
from twin.model.validity.solids import check_solids


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    code : int
        One of `twin.model.validity.codes.CODES`.
    where : str
        Geometry of the object, with solid, shell, surface and ring counted from 0 within it.
    value : float or None
        How bad it is: 203 [m], 204 [degrees].
    """

    code: int
    where: str
    value: float | None = None

    @property
    def name(self):
        """Name of the code."""
        return CODES[self.code]


@dataclass(frozen=True)
class ValidityReport:
    """What is wrong in a model.

    Parameters
    ----------
    faults : dict of str to tuple of Fault
        By id of the object; objects without a fault are not in it.
    primitives, valid_primitives : collections.Counter
        Geometries of each kind, and those without a fault of their own.
    features, valid_features : int
        Objects with all that is part of them, and those where nothing is wrong.
    """

    faults: dict
    primitives: Counter
    valid_primitives: Counter
    features: int
    valid_features: int

    @property
    def counts(self):
        """Faults of each code, as Counter."""
        return Counter(fault.code for faults in self.faults.values() for fault in faults)

    @property
    def share_valid(self):
        """Share of the features where nothing is wrong; 1 where there is none."""
        return self.valid_features / self.features if self.features else 1.0

    def share_of(self, *kinds):
        """Share of the geometries of some kinds that are valid; 1 where there is none."""
        total = sum(self.primitives[kind] for kind in kinds)
        return sum(self.valid_primitives[kind] for kind in kinds) / total if total else 1.0

    def to_frame(self):
        """One row a fault: object_id, code, name, where, value; as pandas.DataFrame."""
        import pandas as pd

        rows = [
            (key, fault.code, fault.name, fault.where, fault.value)
            for key, faults in self.faults.items()
            for fault in faults
        ]
        return pd.DataFrame(rows, columns=["object_id", "code", "name", "where", "value"])


def check_model(model, limits=None):
    """Check all surfaces and solids of a model.

    Parameters
    ----------
    model : twin.model.city_model.CityModel
        Not changed.
    limits : twin.model.validity.findings.Limits, optional
        Tolerances; those of val3dity if left out.

    Returns
    -------
    ValidityReport
    """
    limits = limits or Limits()
    entries = [
        (key, number, geometry)
        for key, entry in model.objects.items()
        for number, geometry in enumerate(entry.geometries)
        if geometry.kind in SOLIDS + SURFACES
    ]
    owners = [key for key, _, _ in entries]
    found, bad = check_geometries([geometry for _, _, geometry in entries], limits)
    faults = {}
    for code, key, where in check_features(model, owners, found.shape, bad, limits):
        faults.setdefault(key, []).append(Fault(code, where))
    for code, geometry, where, value in found.located():
        key, number, shape = entries[geometry]
        text = ", ".join([f"geometry {number} (LoD {shape.lod})", *where])
        faults.setdefault(key, []).append(Fault(code, text, value))
    groups = list(families(model.objects))
    kinds = [geometry.kind for _, _, geometry in entries]
    return ValidityReport(
        faults={key: tuple(some) for key, some in faults.items()},
        primitives=Counter(kinds),
        valid_primitives=Counter(kind for kind, wrong in zip(kinds, bad, strict=True) if not wrong),
        features=len(groups),
        valid_features=sum(not any(one.id in faults for one in group) for group in groups),
    )


def check_geometries(geometries, limits=None):
    """Check geometries for themselves.

    Parameters
    ----------
    geometries : sequence of twin.model.city_model.Geometry
        Solids and surfaces.
    limits : twin.model.validity.findings.Limits, optional
        Tolerances.

    Returns
    -------
    tuple of (twin.model.validity.findings.Findings, numpy.ndarray of bool)
        What is wrong, and whether a geometry has something wrong, shape (geometry,).
    """
    limits = limits or Limits()
    found = Findings(shape_of(geometries, limits))
    empty = np.diff(found.shape.rings.surface_starts) == 0
    found.add(902, "geometry", np.flatnonzero(empty))
    bad_surface = check_faces(found.shape, limits, found)
    bad_shell = check_shells(found.shape, bad_surface, found)
    check_solids(found.shape, bad_shell, limits, found)
    bad = np.zeros(len(geometries), bool)
    bad[[geometry for _, geometry, _, _ in found.located()]] = True
    return found, bad
