"""Mends what is wrong in a city model, and says of each object what it changed.

No object is lost. What cannot become a valid solid stays as a MultiSurface of its surfaces, which
a screen can still draw, and is named. Valid geometries stay as they are, bit by bit.
"""

from dataclasses import dataclass, replace

import numpy as np

from twin.model.city_model import SOLIDS, SURFACES, CityModel
from twin.model.repair.body import put_together, taken_apart
from twin.model.repair.cavities import with_cavities
from twin.model.repair.faces import cut_bent_faces, mend_faces
from twin.model.repair.shells import mend_shell, pieces_of, turn_alike, turn_outward
from twin.model.validity.check import check_geometries
from twin.model.validity.findings import Limits

_NO_PLANE = (203, 204)


@dataclass(frozen=True)
class Change:
    """Something that was changed in an object.

    Parameters
    ----------
    object_id : str
        The object.
    what : str
        What became of it; one line.
    """

    object_id: str
    what: str


def repair_model(model, report=None, limits=None):
    """Mend the geometries of a model that are not valid.

    Parameters
    ----------
    model : twin.model.city_model.CityModel
        Not changed.
    report : twin.model.validity.check.ValidityReport, optional
        Of this model with these limits: objects without a fault are then passed over at once.
    limits : twin.model.validity.findings.Limits, optional
        Tolerances; those of val3dity if left out.

    Returns
    -------
    tuple of (twin.model.city_model.CityModel, list of Change)
        A model with the same objects in the same order.

    Notes
    -----
    In this order: points that are one are put together; repeated points, spikes and surfaces
    without area go; inner rings are turned; bent surfaces are cut into triangles; corners are put
    into edges that they lie on; surfaces are turned alike and outward; plane holes are closed;
    pieces that hang apart become solids of their own. Then all is checked again. Overlaps of
    parts (601) are left: which of the two is right is not known.
    """
    limits = limits or Limits()
    entries = [
        (key, number, geometry)
        for key, entry in model.objects.items()
        if report is None or key in report.faults
        for number, geometry in enumerate(entry.geometries)
        if geometry.kind in SOLIDS + SURFACES
    ]
    found, bad = check_geometries([geometry for _, _, geometry in entries], limits)
    bent = _bent_surfaces(found)
    todo = [entry for entry, wrong in zip(entries, bad, strict=True) if wrong]
    rows = np.flatnonzero(bad)
    bodies = [
        _mended(taken_apart(geometry, bent.get(row, set()), limits.snap), limits)
        for row, (_, _, geometry) in zip(rows.tolist(), todo, strict=True)
    ]
    mended = [put_together(body) for body in bodies]
    again, still = check_geometries(mended, limits)
    codes = {row: set() for row in range(len(mended))}
    for code, row, _, _ in again.located():
        codes[row].add(code)
    changes, news = [], {}
    for row, (key, number, geometry) in enumerate(todo):
        done = [f"{count} {what}" for what, count in bodies[row].done.items()]
        new, said = _settled(geometry, mended[row], still[row], sorted(codes[row]))
        news[key, number] = new
        changes.append(Change(key, f"geometry {number}: {', '.join([*done, *said])}"))
    return _with_geometries(model, news), changes


def _bent_surfaces(found):
    """Geometry -> its surfaces that are not plane."""
    bent = {}
    rings = found.shape.rings
    for code, _, number, _ in found.rows:
        if code in _NO_PLANE:
            geometry = int(rings.geometry_of_surface[number])
            bent.setdefault(geometry, set()).add(int(number - rings.surface_starts[geometry]))
    return bent


def _mended(body, limits):
    """The body with all steps done that `repair_model` names."""
    mend_faces(body)
    cut_bent_faces(body)
    if body.kind in SURFACES:
        if body.kind == "CompositeSurface":
            turn_alike(body, body.solids[0][0])
        return body
    solids = []
    for shells in body.solids:
        for shell in shells:
            mend_shell(body, shell, limits)
        solids += _parted(body, [shell for shell in shells if shell])
    body.solids = [shells for shells in solids if shells]
    if body.kind == "Solid" and len(body.solids) > 1:
        body.kind = "MultiSolid"
    return body


def _parted(body, shells):
    """Solids of the shells of one: pieces of the outer shell, the first with the cavities."""
    if not shells:
        return []
    solids = with_cavities(body.points, pieces_of(shells[0]))
    inside = sum(len(solid) - 1 for solid in solids)
    if inside:
        body.done["pieces inside another made its cavities"] += inside
    if len(solids) > 1:
        body.done["pieces made solids of their own"] += len(solids)
    solids[0] += shells[1:]
    for solid in solids:
        turn_outward(body, solid[0], 1)
        for cavity in solid[1:]:
            turn_outward(body, cavity, -1)
    return solids


def _settled(geometry, mended, is_bad, codes):
    """Geometry that stays, and words on it where it is still not valid."""
    if not is_bad:
        return mended, []
    left = ", ".join(map(str, codes))
    if mended.surface_count == 0:
        return geometry, [f"left as it is, for nothing would stay of it ({left})"]
    if geometry.kind in SURFACES:
        return mended, [f"still not valid ({left})"]
    if geometry.kind == "CompositeSolid" and all(500 < code < 600 for code in codes):
        return replace(mended, kind="MultiSolid"), [f"now a MultiSolid ({left})"]
    count = np.array([mended.surface_count], np.int32)
    flat = replace(mended, kind="MultiSurface", shell_ends=count, solid_ends=np.zeros(0, np.int32))
    return flat, [f"no valid solid ({left}), kept as its surfaces"]


def _with_geometries(model, news):
    """The model with some geometries replaced, by object and number."""
    touched = {key for key, _ in news}
    objects = {
        key: replace(
            entry,
            geometries=tuple(
                news.get((key, number), geometry)
                for number, geometry in enumerate(entry.geometries)
            ),
        )
        if key in touched
        else entry
        for key, entry in model.objects.items()
    }
    return CityModel(objects, model.crs, model.read, model.troubles, model.metadata)
