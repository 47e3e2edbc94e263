"""City models on their way into a package: which files, where aside, what city.toml says."""

import tempfile
from collections import Counter
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from twin.city_writer import disk_errors
from twin.errors import InputError, MissingError
from twin.importers.model_bases import base_deviations, common_shift
from twin.importers.model_intake import ModelIntake
from twin.model.packed_file import names_inside
from twin.model.storage import (
    MODEL_FILE,
    TABLE_FILE,
    StoredModel,
    changes_since,
    read_table,
    write_table,
)

_ENDINGS = {
    "cityjson": ((".json", ".jsonl", ".json.gz", ".jsonl.gz"),),
    "citygml": ((".gml", ".gml.gz", ".citygml"), (".xml", ".xml.gz")),
}
"""Endings of models; the later ones count where there is none of the first: PLATEAU has code
lists, schemas and metadata as .xml beside its .gml."""

_MOST_FILES = 200_000  # in a folder, with all folders inside it
_TOLD = 20  # troubles of files that city.toml keeps


def model_files(given, kind):
    """Files of one or several paths, those of a folder or an archive in the order of their names.

    Parameters
    ----------
    given : path, list of path or None
        Files, folders with what is in their folders, and zip archives, also in a folder.
    kind : str
        ``"cityjson"`` or ``"citygml"``.

    Returns
    -------
    list of path
        Of an archive with several models ``town.zip/name``, as `open_unpacked` takes it.

    Raises
    ------
    InputError
        A folder holds no such file.
    """
    paths = [given] if isinstance(given, str | Path) else given or []
    files = []
    for path in paths:
        if Path(path).is_dir():
            files += _files_in(Path(path), kind)
        else:
            inside = _models_inside(Path(path), kind)
            files += inside if len(inside) > 1 else [path]
    return files


def _files_in(folder, kind):
    """Models in a folder and in the folders and archives inside it."""
    found = sorted(islice(folder.rglob("*"), _MOST_FILES))
    seen = [p for p in found if not any(n.startswith(".") for n in p.relative_to(folder).parts)]
    for endings in _ENDINGS[kind]:
        files = [path for path in seen if path.name.lower().endswith(endings) and path.is_file()]
        if files:
            break
    packed = (path for path in seen if path.suffix.lower() == ".zip" and path.is_file())
    files += [name for path in packed for name in _models_inside(path, kind)]
    if not files:
        what = "CityJSON" if kind == "cityjson" else "CityGML"
        raise InputError(
            f"{folder} is a folder, expected a {what} file or a folder of such, and no file in it "
            f"is {what} by its ending ({', '.join(sum(_ENDINGS[kind], ()))}); name another folder "
            "or the file"
        )
    return files


def _models_inside(path, kind):
    """Models in a zip archive as paths into it; empty where it is none."""
    if path.suffix.lower() != ".zip":
        return []
    names = next(filter(None, (names_inside(path, e) for e in _ENDINGS[kind])), [])
    return [path / name for name in names]


@contextmanager
def model_folder(out, models):
    """Folder beside a city where its model is written first; gone when the block ends.

    Raises
    ------
    InputError
        The place cannot be written.
    DeviceError
        The disk is full.
    """
    if not models:
        yield None
        return
    parent = out.absolute().parent
    with disk_errors(out):
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{out.name}.", suffix=".partial", dir=parent, ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)


def take_models(models, folder, target, crs, repairs, geoid_height, tell):
    """Take all objects of some models, and write them aside.

    Parameters
    ----------
    models : list of (str, path)
        Name of the row in the counts, and file.
    folder : pathlib.Path
        Where `MODEL_FILE` is written.
    target, crs, repairs, geoid_height : str or None, str or None, bool, float or None
        As in `ModelIntake`.
    tell : callable
        Is told in a few words what is being done.

    Returns
    -------
    ModelIntake
    """
    with ModelIntake(folder / MODEL_FILE, target, crs, repairs, geoid_height) as intake:
        for name, path in models:
            tell(f"reading the city model {Path(path).name}")
            intake.take(name, path, tell)
    return intake


def agree_on_heights(draft, intake):
    """Give a city whose terrain names no height system that of its model; tell if they differ.

    Parameters
    ----------
    draft : object
        With ``datum`` and ``vertical_crs``, which may change.
    intake : ModelIntake
        With what the model says; its troubles may grow.
    """
    if draft.datum in ("", intake.datum):
        draft.datum, draft.vertical_crs = intake.datum, intake.vertical_crs
    elif intake.datum and intake.datum != draft.datum:
        intake.tell(f"heights are {intake.datum}, those of the terrain {draft.datum}; kept")


def store_model(draft, folder, out):
    """Finish what a package keeps of its model, with how far houses lie off the terrain.

    Parameters
    ----------
    draft : object
        With ``intake``, ``layers``, ``elevation`` and ``grid``.
    folder : pathlib.Path
        Where the model was written.
    out : pathlib.Path
        The city, maybe with an older model that this one replaces.

    Returns
    -------
    StoredModel
    """
    intake = draft.intake
    deviations = base_deviations(intake.rows, draft.elevation, draft.grid)
    shift = common_shift(deviations)
    if shift:
        intake.tell(
            f"most houses lie {shift:+.1f} m off the terrain: its heights and those of the model "
            "may count from different zeros, or one is in feet"
        )
    rows = [
        (*row, "; ".join(intake.repairs.get(row[0], ())), deviations.get(row[0], np.nan))
        for row in intake.table
    ]
    write_table(folder / TABLE_FILE, rows)
    info = {
        "crs": intake.source_crs,
        "types": dict(sorted(Counter(row[1] for row in rows).items())),
        "lods": dict(sorted((lod or "none", n) for lod, n in intake.lods.items())),
        "validity": {str(code): n for code, n in sorted(intake.codes.items())},
        "features": intake.features,
        "valid_features": intake.valid_features,
        "invalid_objects": sum(bool(row[5]) for row in rows),
        "repaired_objects": len(intake.repairs),
        "troubles": intake.trouble_count,
        "told": intake.troubles[:_TOLD],
    }
    date = str(intake.metadata.get("referenceDate", ""))
    draft.sources["model"] = {"source": _names(intake.files), "date": date[:40]}
    return StoredModel(folder, {**info, **_changes(out, rows)})


def _names(files):
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{Path(files[0]).name}{more}"


def _changes(out, rows):
    """What changed since the model that stands there already; empty where there is none."""
    try:
        old = read_table(out / TABLE_FILE)
    except (InputError, MissingError):
        return {}
    counts, names = changes_since(old, rows)
    return {"changes": counts, "changed_objects": names}
