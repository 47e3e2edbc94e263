"""Writes small CityGML files for the tests: the text beside what it means."""

NAMESPACES = {
    "2.0": {
        "": "http://www.opengis.net/citygml/2.0",
        "gml": "http://www.opengis.net/gml",
        **{
            short: f"http://www.opengis.net/citygml/{name}/2.0"
            for short, name in {
                "bldg": "building",
                "brid": "bridge",
                "tun": "tunnel",
                "tran": "transportation",
                "wtr": "waterbody",
                "veg": "vegetation",
                "luse": "landuse",
                "dem": "relief",
                "frn": "cityfurniture",
                "gen": "generics",
                "grp": "cityobjectgroup",
                "app": "appearance",
            }.items()
        },
        "uro": "https://www.geospatial.jp/iur/uro/3.1",
        "xAL": "urn:oasis:names:tc:ciq:xsdschema:xAL:2.0",
        "xlink": "http://www.w3.org/1999/xlink",
    }
}
NAMESPACES["1.0"] = {k: v.replace("/2.0", "/1.0") for k, v in NAMESPACES["2.0"].items()}
NAMESPACES["3.0"] = {
    k: v.replace("citygml/2.0", "citygml/3.0").replace("/2.0", "/3.0")
    for k, v in NAMESPACES["2.0"].items()
} | {
    "gml": "http://www.opengis.net/gml/3.2",
    "con": "http://www.opengis.net/citygml/construction/3.0",
    "uro": "https://www.geospatial.jp/iur/uro/4.0",
    "xAL": "urn:oasis:names:tc:ciq:xal:3",
}


def document(*members, version="2.0", srs="EPSG:7415", corner=(0, 0, 0), before="", after=""):
    """A whole file with its members, as text."""
    names = " ".join(
        f'xmlns{":" if short else ""}{short}="{name}"'
        for short, name in NAMESPACES[version].items()
    )
    envelope = (
        f'<gml:boundedBy><gml:Envelope srsName="{srs}" srsDimension="3"><gml:lowerCorner>'
        f"{' '.join(map(str, corner))}</gml:lowerCorner><gml:upperCorner>"
        f"{' '.join(map(str, corner))}</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        if srs
        else ""
    )
    body = "\n".join(f"<cityObjectMember>{member}</cityObjectMember>" for member in members)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<CityModel {names}>{before}{envelope}\n'
        f"{body}\n{after}</CityModel>\n"
    )


def pos_list(points):
    """Text of the corners of a ring, the first repeated at its end."""
    points = [*points, points[0]]
    return " ".join(f"{value:.12g}" for point in points for value in point)


def polygon(points, *holes, name=None):
    """A gml:Polygon."""
    named = f' gml:id="{name}"' if name else ""
    inner = "".join(f"<gml:interior>{_ring(hole)}</gml:interior>" for hole in holes)
    return f"<gml:Polygon{named}><gml:exterior>{_ring(points)}</gml:exterior>{inner}</gml:Polygon>"


def _ring(points):
    return f"<gml:LinearRing><gml:posList>{pos_list(points)}</gml:posList></gml:LinearRing>"


def members(*surfaces):
    """Each surface as a gml:surfaceMember."""
    return "".join(f"<gml:surfaceMember>{surface}</gml:surfaceMember>" for surface in surfaces)


def links(*names):
    """Links to surfaces, each as a gml:surfaceMember."""
    return "".join(f'<gml:surfaceMember xlink:href="#{name}"/>' for name in names)


def multi_surface(*surfaces):
    """A gml:MultiSurface."""
    return f"<gml:MultiSurface>{members(*surfaces)}</gml:MultiSurface>"


def solid(inside):
    """A gml:Solid of surface members."""
    return (
        f"<gml:Solid><gml:exterior><gml:CompositeSurface>{inside}</gml:CompositeSurface>"
        "</gml:exterior></gml:Solid>"
    )


def box_faces(x=0.0, y=0.0, z=0.0, size=10.0, height=5.0):
    """Kind and corners of the six faces of a box, seen from outside against the clock."""
    a, b, c, d = ((x, y), (x + size, y), (x + size, y + size), (x, y + size))
    top = z + height

    def wall(p, q):
        return [(*p, z), (*q, z), (*q, top), (*p, top)]

    return [
        ("GroundSurface", [(*p, z) for p in (a, d, c, b)]),
        *(("WallSurface", wall(p, q)) for p, q in ((a, b), (b, c), (c, d), (d, a))),
        ("RoofSurface", [(*p, top) for p in (a, b, c, d)]),
    ]


def lod1_building(name, extra="", **box):
    """A building of LoD 1: a solid with its own faces."""
    faces = members(*(polygon(corners) for _, corners in box_faces(**box)))
    return (
        f'<bldg:Building gml:id="{name}">{extra}<bldg:lod1Solid>{solid(faces)}</bldg:lod1Solid>'
        "</bldg:Building>"
    )


def lod2_building(name, extra="", kind="Building", after="", **box):
    """A building of LoD 2: a solid that links to the polygons of its boundary surfaces."""
    faces = box_faces(**box)
    linked = links(*(f"{name}_{number}" for number in range(len(faces))))
    bounded = "".join(
        f'<bldg:boundedBy><bldg:{meaning} gml:id="{name}_s{number}"><bldg:lod2MultiSurface>'
        f"{multi_surface(polygon(corners, name=f'{name}_{number}'))}</bldg:lod2MultiSurface>"
        f"</bldg:{meaning}></bldg:boundedBy>"
        for number, (meaning, corners) in enumerate(faces)
    )
    return (
        f'<bldg:{kind} gml:id="{name}">{extra}<bldg:lod2Solid>{solid(linked)}</bldg:lod2Solid>'
        f"{bounded}{after}</bldg:{kind}>"
    )


PREFIXES = {"TINRelief": "dem", "Building": "bldg", "BuildingPart": "bldg"}


def written(model):
    """A city model of buildings and relief as CityGML 2.0, object for object."""
    roots = [entry for entry in model.objects.values() if not entry.parents]
    place = next(g.points[0] for e in model.objects.values() for g in e.geometries)
    return document(
        *(_written_object(entry, model) for entry in roots), srs=model.crs, corner=place
    )


def _written_object(entry, model):
    prefix = PREFIXES[entry.type]
    parts = "".join(
        "<bldg:consistsOfBuildingPart>"
        f"{_written_object(model.objects[child], model)}</bldg:consistsOfBuildingPart>"
        for child in entry.children
    )
    shapes = "".join(_written_shape(g, entry.type) for g in entry.geometries)
    inside = shapes + parts
    if entry.type == "TINRelief":
        inside = f"<dem:lod>1</dem:lod><dem:tin>{inside}</dem:tin>"
    return f'<{prefix}:{entry.type} gml:id="{entry.id}">{inside}</{prefix}:{entry.type}>'


def _written_shape(geometry, kind):
    faces = []
    for surface in range(geometry.surface_count):
        rings = [geometry.points[ring].tolist() for ring in geometry.rings(surface)]
        faces.append(polygon(*rings))
    if kind == "TINRelief":
        return f"<gml:CompositeSurface>{members(*faces)}</gml:CompositeSurface>"
    lod = geometry.lod[:1]
    if geometry.kind == "Solid":
        return f"<bldg:lod{lod}Solid>{solid(members(*faces))}</bldg:lod{lod}Solid>" + "".join(
            f"<bldg:boundedBy><bldg:{meaning}><bldg:lod{lod}MultiSurface>{multi_surface(face)}"
            f"</bldg:lod{lod}MultiSurface></bldg:{meaning}></bldg:boundedBy>"
            for number, face in enumerate(faces)
            if (meaning := geometry.surface_type(number))
        )
    return f"<bldg:lod{lod}MultiSurface>{multi_surface(*faces)}</bldg:lod{lod}MultiSurface>"
