"""The file city.toml: what a city package holds, read with distrust and written in one step."""

import hashlib
import re
import tomllib
from pathlib import Path, PurePosixPath

from twin.errors import InputError, MissingError

FORMAT_VERSION = 1
BUILDINGS_AS = ("raised", "blockage", "none")
EDGES = ("closed", "free")
MAX_CELLS = 1_000_000_000  # four gigabytes a field: more is a broken or hostile file
MAX_MANIFEST_BYTES = 4_000_000

_TEXTS = ("name", "crs", "buildings_as", "edges")
_LISTS = {"terrain": "field", "layers": "name", "weather": "name", "archives": "name"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(name, what):
    """Give the name back if it can be a file name and part of an address.

    Raises
    ------
    InputError
        It is something else.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"{what} is named {str(name)[:80]!r}, expected 1 to 64 letters, digits, '.', '_' or "
            "'-', a letter or digit first; choose another name"
        )
    return name


def check_choice(value, choices, what):
    """Give the value back if it is one of the choices.

    Raises
    ------
    InputError
        It is not.
    """
    if value not in choices:
        raise InputError(
            f"{what} is {str(value)[:80]!r}, expected one of {', '.join(choices)}; correct it"
        )
    return value


def read_manifest(folder):
    """City.toml of a package, checked.

    Parameters
    ----------
    folder : pathlib.Path
        The package.

    Returns
    -------
    tuple of (dict, str)
        What it says, and the SHA-256 of its bytes.

    Raises
    ------
    MissingError
        There is no city package in the folder.
    InputError
        The file is broken, of a newer format, or points out of the folder.
    """
    content = _content(folder)
    info = _parse(folder, content)
    version = info.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise InputError(
            f"{folder} is a city package of format {version}, this Floodtwin reads up to "
            f"{FORMAT_VERSION}; update Floodtwin or write the package again"
        )
    if version != FORMAT_VERSION:
        raise InputError(
            f"{folder}/city.toml has format_version {version!r}, expected {FORMAT_VERSION}; "
            "import the city again"
        )
    _check_texts(folder, info)
    _check_grid(folder, info)
    for section, key in _LISTS.items():
        _check_entries(folder, info, section, key)
    _check_model(folder, info)
    return info, hashlib.sha256(content).hexdigest()


def write_manifest(folder, info):
    """Put city.toml into a package in one step."""
    import tomli_w

    partial = folder / "city.toml.partial"
    try:
        partial.write_text(tomli_w.dumps(info), encoding="utf-8")
        partial.replace(folder / "city.toml")
    finally:
        partial.unlink(missing_ok=True)


def file_sha256(path):
    """SHA-256 of a file, in hex."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _content(folder):
    path = folder / "city.toml"
    if not path.is_file():
        raise MissingError(
            f"{folder} has no city.toml, expected a city package; make one with "
            "`floodtwin city sample` or `floodtwin city import`"
        )
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise InputError(
            f"{path} has {path.stat().st_size} bytes, expected at most {MAX_MANIFEST_BYTES}; "
            "it is no city.toml"
        )
    return path.read_bytes()


def _parse(folder, content):
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{folder}/city.toml is not valid TOML ({reason}), expected a city manifest; "
            "import the city again"
        ) from None


def _check_texts(folder, info):
    for key in _TEXTS:
        if not isinstance(info.get(key), str):
            raise InputError(
                f"{folder}/city.toml has {key} = {info.get(key)!r}, expected a text; "
                "import the city again"
            )
    check_name(info["name"], f"the city in {folder}")
    check_choice(info["buildings_as"], BUILDINGS_AS, f"buildings_as in {folder}/city.toml")
    check_choice(info["edges"], EDGES, f"edges in {folder}/city.toml")


def _check_grid(folder, info):
    grid = info.get("grid")
    numbers = [grid.get(k) for k in ("x0", "y0", "cell_size")] if isinstance(grid, dict) else []
    counts = [grid.get(k) for k in ("nx", "ny")] if isinstance(grid, dict) else []
    good = len(numbers) == 3 and all(type(n) in (int, float) and abs(n) < 1e12 for n in numbers)
    if not good or not all(type(n) is int and n > 0 for n in counts):
        raise InputError(
            f"{folder}/city.toml has grid = {str(grid)[:120]}, expected x0, y0, cell_size, nx and "
            "ny; import the city again"
        )
    check_cell_count(*counts, f"{folder}/city.toml")


def check_cell_count(nx, ny, what):
    """Refuse a raster that no city has.

    Raises
    ------
    InputError
        It has more than `MAX_CELLS` cells.
    """
    if nx * ny > MAX_CELLS:
        raise InputError(
            f"{what} has {nx} x {ny} cells, expected at most {MAX_CELLS:,}; cut the extent or "
            "choose larger cells"
        )


def _check_entries(folder, info, section, key):
    entries = info.setdefault(section, [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InputError(
            f"{folder}/city.toml has a broken section {section}, expected a list of tables; "
            "import the city again"
        )
    for entry in entries:
        check_name(entry.get(key), f"an entry of {section} in {folder}/city.toml")
        for file in (entry.get("file"), entry.get("boundaries", "city.toml")):
            inside(folder, file)
    names = [entry[key] for entry in entries]
    if len(set(names)) < len(names):
        raise InputError(
            f"{folder}/city.toml names a {key} of {section} twice, expected each once; "
            "import the city again"
        )


def _check_model(folder, info):
    """The city model, if there is one: its two files and how many objects of each type it has."""
    model = info.get("model")
    if model is None:
        return
    types = model.get("types") if isinstance(model, dict) else None
    if not isinstance(types, dict) or not all(type(n) is int for n in types.values()):
        raise InputError(
            f"{folder}/city.toml has a broken section model, expected file, table and types; "
            "import the city again"
        )
    for key in ("file", "table"):
        inside(folder, model.get(key))


def inside(folder, file):
    """Path of a file of the package, never outside of its folder.

    Raises
    ------
    InputError
        The name is absolute, climbs out, or is a link that leads out.
    """
    text = file if isinstance(file, str) else ""
    pure = PurePosixPath(text)
    safe = text and not pure.is_absolute() and ".." not in pure.parts and "\0" not in text
    if safe:
        path = folder / pure
        if path.resolve().is_relative_to(folder.resolve()):
            return path
    raise InputError(
        f"{folder}/city.toml names the file {str(file)[:120]!r}, expected one inside the package; "
        "do not use this package"
    )
