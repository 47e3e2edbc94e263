"""Takes city models into a package batch by batch: placed, versioned, checked, written."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from twin.crs import crs_text, horizontal_crs, metric_crs, projected_crs
from twin.datum import Placing, height_difference, height_reference
from twin.errors import InputError
from twin.importers.layer_count import LayerCount
from twin.importers.model_ids import TakenIds
from twin.importers.model_troubles import Told
from twin.model.city_model import SOLIDS, SURFACES, CityModel
from twin.model.city_object_types import GROUND_TYPES
from twin.model.cityjson.writer import FeatureWriter
from twin.model.footprints import building_rows, is_building
from twin.model.identity import version_of
from twin.model.near_surfaces import near_surfaces
from twin.model.orientation import is_mirrored
from twin.model.reading import open_features
from twin.model.repair.repair import repair_model
from twin.model.triangulation import triangulate_all
from twin.model.validity.check import check_model

RELIEF_TYPES = ("TINRelief",)
_WIDEST_HOUSE, _WIDEST = 10e3, 1000e3  # metres: the longest house there is has 4.5 km
_BATCH = 500  # families that are worked on together
_TOLD_EVERY = 10_000  # objects


class ModelIntake:
    """Collects what a city takes out of its models, and writes their objects to one file.

    Parameters
    ----------
    file : pathlib.Path
        CityJSONSeq that is written, in the reference system of the city.
    target : str or None
        Reference system of the city where it is known already, from its terrain.
    crs : str or None
        What the user named: of a model without reference system, its own; else the city's.
    repairs : bool
        Whether invalid geometries are mended.
    geoid_height : float or None
        Height of the zero of the city's heights over the WGS 84 ellipsoid, if someone said so [m].

    Attributes
    ----------
    target : str
        Reference system of the city.
    datum, vertical_crs : str
        Name and code of the height system of the first model, or "".
    rows : list of tuple
        Buildings as `twin.model.footprints.COLUMNS`.
    table : list of tuple
        Objects as `twin.model.storage.TABLE` without the deviation of their base.
    repairs : dict of str to list of str
        What was mended in which object.
    files : list of path
        What was taken.
    counts : list of LayerCount
        One a file.
    lods, codes : collections.Counter
        Geometries of each level of detail, and faults of each code.
    features, valid_features : int
        Objects with all that is part of them, and those that came without a fault.
    troubles : list of str
        What was wrong with whole files.
    """

    def __init__(self, file, target=None, crs=None, repairs=True, geoid_height=None):
        self._has_terrain, self._geoid_height = target is not None, geoid_height
        self._repairs, self.repairs = repairs, {}
        self.target, self._named, self._file = target, crs, file
        self.datum = self.vertical_crs = ""
        self.source_crs, self.metadata = None, {}
        self.rows, self.table, self.counts, self.troubles = [], [], [], []
        self.files, self.lods, self.codes = [], Counter(), Counter()
        self.trouble_count = self.features = self.valid_features = 0
        self._relief, self._lying = [], []
        self._writer = self._placing = None
        self._heights = ("", "")
        self._ids = TakenIds()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)

    @property
    def ground(self):
        """Triangles of the ground, shape (n, 3, 3) [m]: of the relief, else of what lies on it."""
        found = self._relief or self._lying
        return np.concatenate(found) if found else np.zeros((0, 3, 3))

    def take(self, name, path, tell):
        """Take all objects of one model.

        Parameters
        ----------
        name : str
            Name of its row in the counts.
        path : str or pathlib.Path
            CityJSON, CityJSONSeq or CityGML.
        tell : callable
            Is told in a few words how far it is.

        Raises
        ------
        MissingError, InputError
            The file as a whole is wrong; a wrong object is only a trouble.
        """
        expected = "a CityJSON file" if name == "cityjson" else "a CityGML file"
        with open_features(path, expected) as source:
            features = source.features()
            self._placing, self._changed, repaired = None, Counter(), len(self.repairs)
            kept, told = Counter(), Told(source)
            while batch := list(islice(features, _BATCH)):
                if self._placing is None:
                    mirrored = is_mirrored(_geometries(batch))
                    self._begin(path, source, _sample(batch), mirrored)
                    self._tell_of_place(source, told)
                kept += self._take_batch(batch, told)
                if kept.total() // _TOLD_EVERY > (kept.total() - len(batch)) // _TOLD_EVERY:
                    tell(f"{kept.total():,} objects of {Path(path).name} are checked")
        if not source.read:
            raise InputError(f"{path} holds no city object, expected some; export it again")
        self.files.append(path)
        self._count(name, path, source.read, kept, told)
        self.counts[-1].note("repaired", len(self.repairs) - repaired)

    def tell(self, words):
        """Add a trouble of the model as a whole."""
        self.troubles.append(words)
        self.trouble_count += 1

    def _begin(self, path, source, points, mirrored):
        """Find out where a model lies, from its first objects."""
        crs = source.crs or self._named or self.target
        if crs is None:
            raise _without_crs(path, source.metadata)
        self._heights = height_reference(crs, str(path))[:2]
        if self.target is None and source.crs is not None and self._named is not None:
            self.target = projected_crs(self._named, str(path))
        if self.target is None:
            own = Placing(crs, crs_text(horizontal_crs(crs)), points, mirrored)
            if own.is_nowhere:
                raise _off_the_earth(path, crs, own.middle)
            east, north = own.middle
            self.target = metric_crs(crs, east, north, str(path))
        self._placing = Placing(crs, self.target, points, mirrored)
        if self._placing.is_nowhere:
            raise _off_the_earth(path, crs, self._placing.middle)
        self._bring_heights(path, self._placing.points(points))
        if self._writer is None:
            self.source_crs, self.metadata = crs, source.metadata
            self.datum, self.vertical_crs = self._heights
            written = {k: v for k, v in source.metadata.items() if k != "referenceSystem"}
            self._writer = FeatureWriter(self._file, self.target, written)
            self._writer.__enter__()

    def _tell_of_place(self, source, told):
        """Tell what is doubtful about where a model lies."""
        if source.crs is None and self._named is None:
            has = _crs_as_named(source.metadata)
            told.add("", f"{has}; taken as {self.target}, as the terrain is")
        if self._placing.prefix:
            zone = self._placing.prefix / 1e6
            told.add("", f"its eastings have the zone {zone:.0f} in front, which was taken off")
        if self._placing.is_outside:
            told.add("", "lies outside of the area for which its CRS is made; check the CRS")
        datum, rise = self._heights[0], self._placing.rise
        if datum and self.datum and datum != self.datum:
            became = f"brought to it by {rise:+.2f} m" if rise else "kept"
            told.add(
                "", f"its heights are {datum}, those of the first model {self.datum}; {became}"
            )

    def _bring_heights(self, path, placed):
        """Bring heights of a later model to the zero of those of the first, if it is another."""
        first = (self.datum, self.vertical_crs)
        if not self.datum or not self._heights[0] or self._heights[0] == self.datum:
            return
        place = tuple(np.median(placed[:, :2], axis=0)) if len(placed) else (np.nan, np.nan)
        args = (self._heights, first, self.target, place, self._geoid_height)
        rise = height_difference(*args)
        if rise is None and not self._has_terrain:
            raise _two_zeros(path, self._heights[0], self.datum)
        self._placing.rise = rise or 0.0

    def _take_batch(self, batch, told):
        versions = {entry.id: version_of(entry) for family in batch for entry in family}
        batch = [self._ids.family(family, versions, told) for family in batch]
        families = [[self._place(entry, told) for entry in family] for family in batch if family]
        objects = {entry.id: entry for family in families for entry in family}
        objects, faults = self._checked(objects)
        families = [[objects[entry.id] for entry in family] for family in families]
        self.rows += building_rows([family for family in families if is_building(family)])
        self._keep_ground(objects.values())
        for family in families:
            self._writer.write(family)
            for entry in family:
                self._tabulate(entry, family[0].id, faults.get(entry.id, ()), told)
        return Counter(entry.type for entry in objects.values())

    def _checked(self, objects):
        """Objects, mended where that is wanted, and the faults that they came with."""
        model = CityModel(objects, self.target, Counter())
        report = check_model(model)
        self.features += report.features
        self.valid_features += report.valid_features
        if self._repairs and report.faults:
            model, changes = repair_model(model, report)
            for change in changes:
                self.repairs.setdefault(change.object_id, []).append(change.what)
        return model.objects, report.faults

    def _tabulate(self, entry, root, faults, told):
        lods = sorted({geometry.lod for geometry in entry.geometries})
        codes = sorted({fault.code for fault in faults})
        self.lods.update(lods)
        self.codes.update(codes)
        words, repairs = told.of(entry.id), self.repairs.get(entry.id, ())
        told.kinds[entry.type] += bool(words)
        self._changed[entry.type] += bool(words or repairs)
        texts = (",".join(lods), ",".join(map(str, codes)), "; ".join(words))
        self.table.append((entry.id, entry.type, root, self._ids.versions[entry.id], *texts))

    def _place(self, entry, told):
        """An object in the reference system of the city; shapes that cannot be there are lost."""
        placed = entry.geometries
        if not self._placing.is_identity:
            placed = [replace(g, points=self._placing.points(g.points)) for g in placed]
        sound = [g for g in placed if np.isfinite(g.points).all()]
        if len(sound) < len(placed):
            told.add(entry.id, f"lies outside of what {self.target} can show; geometry left out")
        if entry.type in RELIEF_TYPES:
            sound = [self._near(entry, geometry, told) for geometry in sound]
        most = _WIDEST_HOUSE if entry.type.startswith("Building") else _WIDEST
        near = tuple(g for g in sound if _width(g) <= most)
        if len(near) < len(sound):
            width = max(map(_width, sound)) / 1000
            told.add(entry.id, f"is {width:,.0f} km wide: a corner lies far off; geometry left out")
        return replace(entry, geometries=near)

    def _near(self, entry, geometry, told):
        """A geometry of the ground without triangles that one wild corner tears far off."""
        if geometry.kind not in SURFACES or _width(geometry) <= _WIDEST:
            return geometry
        left, count = near_surfaces(geometry, _WIDEST / 2)
        if not left.surface_count:
            return geometry
        told.add(entry.id, f"surfaces with a corner far off left out: {count}")
        return left

    def _keep_ground(self, objects):
        for types, kept in ((RELIEF_TYPES, self._relief), (GROUND_TYPES, self._lying)):
            shapes = [g for entry in objects if entry.type in types for g in _drawn(entry)]
            if shapes:
                cut = triangulate_all(shapes)
                kept.append(cut.points[cut.triangles])

    def _count(self, name, path, read, kept, told):
        """Close the count of one file; each class has its own."""
        count = LayerCount(name, read=read.total(), kept=kept.total(), file=Path(path).name)
        count.dropped = count.read - count.kept
        changed = self._changed if self._placing.is_identity else kept
        count.changed = sum((changed & kept).values())
        count.note("in_two_files", told.again)
        count.note("id_made_unique", told.renamed)
        count.note("left_out", count.dropped - told.again)
        count.note("with_troubles", sum(told.kinds.values()))
        count.note("reprojected", 0 if self._placing.is_identity else count.kept)
        count.note("axes_swapped", count.kept if self._placing.is_swapped else 0)
        count.note("heights_from_feet", 0 if self._placing.factor == 1.0 else count.kept)
        count.classes = {
            kind: {
                "read": read[kind],
                "kept": kept[kind],
                "dropped": read[kind] - kept[kind],
                "changed": min(changed[kind], kept[kind]),
            }
            for kind in sorted(read)
        }
        self.counts.append(count)
        self.troubles += told.of("")
        self.trouble_count += told.count


def _without_crs(path, metadata):
    """What to tell of a model that does not say where it lies."""
    has = _crs_as_named(metadata)
    return InputError(f"{path} {has}, expected one such as EPSG:7415; name it with --crs EPSG:n")


def _crs_as_named(metadata):
    named = metadata.get("referenceSystem") or metadata.get("srsName")
    return f"names the CRS {str(named)[:80]!r}, which is not known" if named else "has no CRS"


def _two_zeros(path, datum, first):
    return InputError(
        f"{path} has heights in {datum[:60]}, the model before it {first[:60]}: how far they lie "
        "apart is not known here, expected one system; convert a model, name a terrain with --dem, "
        "or --geoid-height where only the later one is over the ellipsoid"
    )


def _off_the_earth(path, crs, middle):
    east, north = middle
    return InputError(
        f"{path} has the point {east:.10g}, {north:.10g} in {str(crs)[:60]}, which lies nowhere on "
        "Earth, expected coordinates of this system; check which system they are in"
    )


def _width(geometry):
    """Extent in plan, along the axes [m]."""
    return np.ptp(geometry.points[:, :2], axis=0).max() if len(geometry.points) else 0.0


def _geometries(batch):
    return [g for family in batch for entry in family for g in entry.geometries]


def _sample(batch):
    """A point of each of some geometries, shape (n, 3), to tell where a model lies."""
    points = [geometry.points[0] for geometry in _geometries(batch)]
    return np.array(points).reshape(-1, 3)


def _drawn(entry):
    """Surfaces and solids of an object in its finest level of detail."""
    drawn = [g for g in entry.geometries if g.kind in SURFACES + SOLIDS]
    finest = max((g.lod for g in drawn), default=None)
    return [g for g in drawn if g.lod == finest]
