"""What the command line tells of a 3D model that was imported, checked or exported."""

from service.words.text_table import pairs, table

_LONGEST = 500


def export_city(result):
    """Report of a 3D model that was written: objects of each class."""
    about = pairs(
        ("file", result["file"]),
        ("format", f"{result['format']} in {result['crs']}, {result['bytes']:,} bytes"),
    )
    rows = [(shown(kind), n["read"], n["kept"]) for kind, n in result["classes"].items()]
    return f"{about}\n\n{table(('class', 'stored', 'written'), rows)}"


def classes_of(layers):
    """A table for each city model: what became of the objects of each class."""
    head = ("read", "kept", "dropped", "changed")
    for row in layers:
        if "classes" in row:
            rows = [
                (shown(kind), *(counts[word] for word in head))
                for kind, counts in row["classes"].items()
            ]
            yield table((f"{shown(row['file'])}, class", *head), rows)


def model_of(model):
    """Lines about a 3D model: faults, troubles, bases of houses, changes since the last one."""
    bases = model["bases"]
    lines = [
        ("3D model", f"{model['objects']:,} objects of {model['crs']}"),
        ("as it came", _validity(model)),
        ("repaired", f"{model['repaired_objects'] or 0:,} objects"),
        (
            "bases",
            f"{bases['floating']:,} of {bases['checked']:,} houses float more than "
            f"{bases['tolerance_m']:g} m over the terrain{_farthest(bases)}; {bases['sunk']:,} "
            "begin under it, as with a cellar",
        ),
        ("troubles", f"{model['troubles']:,}"),
    ]
    if model["changes"]:
        said = ", ".join(f"{count:,} {word}" for word, count in model["changes"].items())
        lines.append(("since before", said))
    told = [f"  {shown(words)}" for words in (*model["told"], *model["told_of_objects"])]
    return "\n".join([pairs(*lines), *told])


def shown(words):
    """Words of a file as a terminal may have them: on one line, not endless."""
    return "".join(sign if sign.isprintable() else "?" for sign in words[:_LONGEST])


def _validity(model):
    """Features without a fault, and objects with one by what is wrong; codes of val3dity."""
    from twin.model.validity.codes import CODES

    said = ""
    if model["features"]:
        share = model["valid_features"] / model["features"]
        said = f"{share:.1%} of {model['features']:,} features valid; "
    faults = ", ".join(
        f"{code} {CODES[int(code)].lower().replace('_', ' ')} x {count:,}"
        for code, count in model["validity"].items()
    )
    more = f": {faults} (codes of val3dity)" if faults else ""
    return f"{said}{model['invalid_objects']:,} objects with faults{more}"


def _farthest(bases):
    """The house that floats highest, in words."""
    if not bases["farthest"]:
        return ""
    first = bases["farthest"][0]
    return (
        f", farthest {shown(first['id'])} by {first['deviation_m']:+.2f} m (import with "
        "--move-onto-terrain to mend)"
    )
