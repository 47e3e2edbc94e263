"""What `floodtwin city import` says to bad models: one line, exit 2, nothing left, bounded cost."""

import gzip
import json
import subprocess
import sys
import zipfile

import pytest

from service.cli import main
from tests.twin.model.citygml_text import document as citygml
from tests.twin.model.citygml_text import lod1_building
from tests.twin.model.cityjson_text import document
from twin.city import check_city

MOST_MEMORY = 1_200_000  # kB of a process
SECONDS = 240  # far above what a slow day takes


def put(folder, name, content):
    """Write one file; the words that import it."""
    path = folder / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    kind = "--citygml" if ".gml" in name else "--cityjson"
    out = str(folder / "out" / "town")
    return ["city", "import", "--name", "town", kind, str(path), "--out", out]


# A child begins with the memory of who starts it on its account: so a small process starts it.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def import_apart(words):
    """Import in a process of its own; the process and the most memory it had [kB]."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "service.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    *said, memory = done.stderr.splitlines()
    done.stderr = "\n".join(said)
    return done, int(memory)


def require_refused(folder, code, out, err, message):
    """One line says what is wrong, and nothing is left."""
    assert (code, out) == (2, ""), err
    (line,) = [part for part in err.replace("\r", "\n").splitlines() if "error" in part]
    assert message in line and "Traceback" not in err
    assert not list((folder / "out").glob("*"))


def changed(change):
    content = json.loads(json.dumps(document()))
    change(content)
    return json.dumps(content)


def with_face(corners):
    return changed(lambda c: solid_of(c).__setitem__(1, [corners]))


def solid_of(content):
    return content["CityObjects"]["house"]["geometry"][0]["boundaries"][0]


def zip_bomb(path):
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("city.json", "w") as stream:
        stream.write(b'{"type": "')
        for _ in range(300):
            stream.write(b"0" * 1_000_000)


def other_in_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("picture.png", "")


def gz_bomb(path):
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b'{"type": "')
        for _ in range(400):
            stream.write(b"0" * 1_000_000)


def gz_of_elements(path):
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(TOWN.partition("<cityObjectMember>")[0].encode())
        for _ in range(60):
            stream.write(b"<a></a>" * 140_000)


def endless_ring(path):
    path.write_text(TOWN.replace("</gml:posList>", " 0 0 5.0" * 5_000_000 + "</gml:posList>", 1))


TOWN = citygml(lod1_building("a"), corner=(80000, 450000, 0))
LAUGHS = "<!DOCTYPE l [" + "".join(
    f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol"}">' for i in range(10)
)
LAUGHS += "]>"
FILE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
CRS = "https://www.opengis.net/def/crs/EPSG/0/99999"

LARGE = {
    "zip bomb": ("a.zip", zip_bomb, "may be a zip bomb"),
    "gz bomb": ("a.json.gz", gz_bomb, "may be a zip bomb"),
    "gz of endless elements": ("a.gml.gz", gz_of_elements, "elements that are no city objects"),
    "ring without end": ("a.gml", endless_ring, "has a text of"),
}

REFUSED = {
    "half a gz": ("a.json.gz", gzip.compress(changed(id).encode())[:200], "cannot be unpacked"),
    "external entity": ("a.gml", TOWN.replace("?>\n", "?>\n" + FILE, 1), "document type"),
    "billion laughs": ("a.gml", TOWN.replace("?>\n", "?>\n" + LAUGHS, 1), "document type"),
    "unknown CRS": (
        "a.json",
        changed(lambda c: c["metadata"].update(referenceSystem=CRS)),
        "'EPSG:99999', which is not known",
    ),
    "CRS in words": (
        "a.json",
        changed(lambda c: c["metadata"].update(referenceSystem="our grid")),
        "names the CRS 'our grid', which is not known",
    ),
    "missing CRS": ("a.json", changed(lambda c: c.pop("metadata")), "has no CRS"),
    "nowhere on Earth": (
        "a.json",
        changed(lambda c: c["transform"].update(translate=[9e9, 9e9, 0])),
        "lies nowhere on Earth",
    ),
    "no scale": (
        "a.json",
        changed(lambda c: c["transform"].update(scale=[0, 0, 0])),
        "broken transform",
    ),
    "empty": ("a.json", "", "is empty"),
    "empty XML": ("a.gml", " \n", "is empty"),
    "JSON in Big5": (
        "a.json",
        json.dumps({**document(), "x": "臺北"}, ensure_ascii=False).encode("big5"),
        "JSON is UTF-8: convert it",
    ),
    "half a JSON": ("a.json", changed(id)[:900], "not valid JSON"),
    "half an XML": ("a.gml", TOWN[:900], "no whole XML"),
    "endless nesting": ("a.json", changed(id)[:-1] + ',"x":' + "[" * 99_999, "not valid JSON"),
    "CityGML 0.4": ("a.gml", TOWN.replace("citygml/2.0", "citygml/0.4"), "CityGML 1.0, 2.0, 3.0"),
    "a web page": ("a.gml", "<html><body>404</body></html>", "expected a CityModel"),
    "something else": ("a.json", '{"type": "FeatureCollection"}', "no CityJSON that is known"),
    "no object": ("a.json", changed(lambda c: c["CityObjects"].clear()), "holds no city object"),
    "another file in a zip": ("a.zip", other_in_zip, "holds 0 files that may be models"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_unfolds_without_end_is_refused_in_bounded_memory(tmp_path, kind):
    name, content, message = LARGE[kind]
    done, memory = import_apart(put(tmp_path, name, content))
    require_refused(tmp_path, done.returncode, done.stdout, done.stderr, message)
    assert memory < MOST_MEMORY


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_model_is_one_line_and_leaves_nothing(tmp_path, capsys, kind):
    name, content, message = REFUSED[kind]
    code = main(put(tmp_path, name, content))
    require_refused(tmp_path, code, *capsys.readouterr(), message)


def test_a_long_list_of_coordinates_costs_its_size(tmp_path):
    """A list of 60 MB; one of 200 MB took 1.0 GB and 19 s."""

    def long(path):
        head, _, tail = changed(lambda c: c["vertices"].append("@")).partition('"@"')
        numbers = ",".join(f"[{n},{n},1000]" for n in range(2_500_000))
        path.write_text(head + numbers + tail)

    done, memory = import_apart([*put(tmp_path, "a.json", long), "--json"])
    assert (tmp_path / "a.json").stat().st_size > 55_000_000
    assert json.loads(done.stdout)["model"]["objects"] == 4
    assert memory < MOST_MEMORY


def crossed(content):
    faces = solid_of(content)
    faces[0], faces[1] = [[0, 2, 1, 3]], [[4, 6, 5, 7]]


def swapped(content):
    content["vertices"] = [[y, x, z] for x, y, z in content["vertices"]]
    move = content["transform"]["translate"]
    move[0], move[1] = move[1], move[0]


def without_picture(content):
    content["appearance"] = {"textures": [{"type": "PNG", "image": "gone/x.png"}]}
    faces = content["CityObjects"]["house"]["geometry"][0]
    faces["texture"] = {"": {"values": [[[[0, 0, 1, 2, 3]]]]}}


def circle(content):
    objects = content["CityObjects"]
    objects["house"]["parents"], objects["wing"]["children"] = ["wing"], ["house"]


def meanings(content):
    kinds = [{"type": "RoofSurface", "number": n} for n in range(10_000)]
    house = content["CityObjects"]["house"]["geometry"][0]
    house["semantics"] = {"surfaces": kinds, "values": [[9_999] * 6]}


def many_solids(content):
    house = content["CityObjects"]["house"]
    house["geometry"] = house["geometry"] * 600


def many_parts(content):
    objects = content["CityObjects"]
    objects |= {f"part{n}": objects["wing"] for n in range(300)}


TAKEN = {
    "NaN": (changed(lambda c: c["vertices"].__setitem__(4, [float("nan")] * 3)), "not readable"),
    "infinite": (changed(lambda c: c["vertices"].__setitem__(4, [1e999, 0, 0])), "not readable"),
    "index beyond": (with_face([4, 5, 9999, 7]), "1 surfaces of a Solid are not readable"),
    "negative index": (with_face([4, 5, -1, 7]), "1 surfaces of a Solid are not readable"),
    "index with a point": (with_face([4, 5, 6.5, 7]), "1 surfaces of a Solid are not readable"),
    "crossed footprint": (changed(crossed), None),
    "swapped axes": (changed(swapped), None),
    "missing texture": (changed(without_picture), "textures or materials of 1 geometries"),
    "parents in a circle": (changed(circle), None),
    "child that is not there": (
        changed(lambda c: c["CityObjects"]["house"]["children"].append("ghost")),
        "house: its parent or part 'ghost' is not in the file; left out",
    ),
    "its own parent": (
        changed(lambda c: c["CityObjects"]["house"].update(parents=["house"])),
        "house: its parent or part 'house' is itself; left out",
    ),
    "repeated id": (
        changed(id).replace('"tree": {', '"house": {"type": "Road"}, "tree": {'),
        "a second object has this id; kept as house-2",
    ),
    "far from where its CRS is used": (
        changed(lambda c: c["transform"].update(translate=[1.2e6, 450_000, 0])),
        "outside of the area for which its CRS is made",
    ),
    "ten thousand meanings": (changed(meanings), None),
    "many solids in one place": (changed(many_solids), None),
    "many parts in one place": (changed(many_parts), None),
    "UTF-16": (changed(id).encode("utf-16"), None),
    "a mark of UTF-8": (changed(id).encode("utf-8-sig"), None),
    "levels of detail with a point": (changed(id).replace('"2"', '"2.2"'), None),
    "negative scale": (changed(lambda c: c["transform"]["scale"].__setitem__(0, -0.01)), None),
}


def test_a_name_cannot_write_on_the_screen(tmp_path, capsys):
    """An id with a line feed and a code of the terminal in it stays one line of the report."""
    evil = "\\n\\u001b[2Jhouse"
    content = changed(lambda c: solid_of(c).__setitem__(1, [[4, 5, 9999, 7]]))
    assert main(put(tmp_path, "a.json", content.replace('"house"', f'"{evil}"'))) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "??[2Jhouse: 1 surfaces" in said


@pytest.mark.parametrize("kind", TAKEN)
def test_what_is_wrong_with_one_thing_costs_only_that_thing(tmp_path, capsys, kind):
    content, message = TAKEN[kind]
    assert main([*put(tmp_path, "a.json", content), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    model, layers = answer["model"], answer["layers"]
    assert all(c["dropped"] == 0 for row in layers for c in row.get("classes", {}).values())
    told = " ".join([*model["told"], *model["told_of_objects"]])
    assert model["troubles"] == 0 and not told if message is None else message in told
    assert next(row for row in layers if row["name"] == "buildings")["kept"] >= 1
    assert check_city(tmp_path / "out" / "town") == []
