"""The verbs `learn` and `verify` and their flags; no import that takes time."""

from service.words.types import add_verb, depths, members, positive, seed, share, version_number


def add_learn(verbs):
    """Add ``learn`` with its verbs."""
    learn = verbs.add_parser("learn", help="parameters from past events, in shadow until better")
    learn_verbs = learn.add_subparsers(metavar="VERB", required=True)
    for add in (_add_learn_shadow, _add_learn_adopt, _add_learn_rollback, _add_learn_list):
        add(learn_verbs)


def _add_learn_shadow(verbs):
    add = add_verb(
        verbs, "shadow", "learn_shadow", "learn from past events and try on later ones, in shadow"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", required=True, metavar="DIR", help="observation store with rain and depths")
    add("--hours", type=positive, default=1.0, help="horizon of the hindcasts (default 1)")
    add("--members", type=members, default=4, help="of each ensemble (default 4)")
    add("--every", type=positive, default=30.0, metavar="MINUTES", help="between hindcasts (30)")
    add("--most-runs", type=members, default=20, metavar="N", help="sets to try (default 20)")
    add("--by-district", action="store_true", help="let districts with enough sensors differ")
    add("--seed", type=seed, default=1, help="of the perturbations (default 1)")


def _add_learn_adopt(verbs):
    add = add_verb(
        verbs, "adopt", "learn_adopt", "put a set in force that proved better on held-out events"
    ).add_argument
    _add_change(add)


def _add_learn_rollback(verbs):
    add = add_verb(
        verbs, "rollback", "learn_rollback", "put a set in force again that was so before"
    ).add_argument
    _add_change(add)


def _add_change(add):
    add("city", metavar="CITY", help="folder of the city")
    add(
        "version",
        type=version_number,
        metavar="VERSION",
        help="number of the set; 0: nothing learned",
    )
    add("--why", required=True, metavar="WORDS", help="reason, for the history")
    add("--who", metavar="NAME", help="who decides (default the user of this machine)")


def _add_learn_list(verbs):
    add = add_verb(
        verbs, "list", "learn_list", "all parameter sets, which is in force, and who changed it"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")


def add_verify(verbs):
    """Add ``verify``."""
    add = add_verb(
        verbs, "verify", "verify", "score all forecasts of a city against what came true"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--store", metavar="DIR", help="observation store: depths seen by sensors")
    add("--runs", metavar="DIR", help="folder of the runs (default runs/CITY)")
    add("--uncorrected", metavar="DIR", help="runs without assimilation, to compare with")
    add("--truth", metavar="RUN", help="true flood: a run, a flood.zarr or NetCDF")
    add("--reports", metavar="FILE", help="floods that citizens reported: CSV or GeoJSON")
    add("--flood-points", metavar="FILE", help="recorded flood points: CSV or GeoJSON")
    add(
        "--thresholds",
        type=depths,
        default=(0.1, 0.3),
        metavar="M,...",
        help="depths of a flood (default 0.1,0.3)",
    )
    add("--trigger", type=share, metavar="P", help="probability of a warning (default 0.3)")
    add("--as-of", metavar="ISO", help="use nothing received later (default now)")
    add("--exercises", action="store_true", help="score forecasts whose clock was set too")
    add("--out", metavar="DIR", help="folder of the report (default verification/CITY)")
