"""The verb `picture` and its flags; no import that takes time."""

from service.words.types import add_verb, number

KINDS = ("view", "strip", "animation")
COLOURS = ("depth", "hazard", "arrival")


def add_picture(verbs):
    """Add ``picture``."""
    add = add_verb(
        verbs, "picture", "picture", "the city in perspective with the water of a run, as a file"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add(
        "--run",
        default="latest",
        metavar="RUN",
        help="its id, latest (default), current, or its folder",
    )
    add("--time", metavar="ISO", help="which moment of a view; default the wettest")
    add(
        "--kind",
        choices=KINDS,
        default="view",
        help="view: one moment; strip: three moments side by side; animation: all moments",
    )
    add(
        "--colour",
        choices=COLOURS,
        default="depth",
        help="what buildings show: depth at the time, hazard (largest depth x speed) or arrival",
    )
    add("--bearing", type=bearing, default=20.0, metavar="DEGREES", help="look to, from north (20)")
    add("--out", required=True, metavar="FILE", help=".png; of an animation .webp or .gif")


def bearing(word):
    """Degrees clockwise from north."""
    return number(word, float, "degrees from -360 to 360", -360.0, 360.0)
