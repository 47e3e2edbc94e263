"""The verb `scenario` on the command line; no import that takes time."""

from service.words.types import add_verb, positive


def add_scenario(verbs):
    """Add the verb."""
    add = add_verb(
        verbs, "scenario", "scenario", "run a changed city or storm and give the difference"
    ).add_argument
    add(
        "scenarios",
        metavar="SCENARIO",
        nargs="+",
        help="TOML with a list of edits, as twin/SCENARIOS.md has it; several on one base are set "
        "side by side",
    )
    add("--base", metavar="CITY", help="folder of the base city (default: what the file names)")
    add(
        "--rain",
        "--storm",
        dest="rain",
        metavar="RAIN",
        help="storm of both runs, as for simulate (default: that of the file, else of the city)",
    )
    add("--losses", metavar="FILE_OR_MM_H", help="drainage losses everywhere: CSV or mm/h")
    add("--hours", type=positive, help="length of the runs (default: that of the rain)")
    add("--scheme", choices=("inertial", "dynamic"), help="default inertial")
    add("--dtype", choices=("float32", "float64"), help="default float32")
    add("--device", choices=("cpu", "cuda"), help="default cpu")
    add("--frames", type=positive, metavar="MINUTES", help="minutes between frames (default 10)")
    add(
        "--out",
        metavar="DIR",
        help="folder that collects the scenarios (default scenarios/CITY beside the cities)",
    )
