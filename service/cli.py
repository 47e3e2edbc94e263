"""The command line: words in, one call of the engine, a report or one JSON object out."""

import gc
import json
import logging
import os
import sys
import traceback
import warnings

from service.leaving import end_when_tidy, signals_are_followed
from service.words.verbs import build_parser
from twin.errors import DeviceError, InputError, TwinError

FAULT = 1
BAD_INPUT = 2
INTERRUPTED = 130
DEBUG = "FLOODTWIN_DEBUG"
HOLD_OR_FAIL = ("validate", "poll_feeds", "tiles", "cycle")
"""Verbs whose work may be done and its result still bad: it says what or how much `failed`."""


def main(argv=None):
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        Words after the program's name; default those of the process.

    Returns
    -------
    int
        Exit code: 0, 2 for bad input or a machine that cannot, 130 or 143 when interrupted or
        terminated, 1 for a case of `validate` that does not keep its bound, feeds of which one
        could not be polled, tiles in which `tiles --check` found something, a `cycle --once` that
        published nothing, or a fault of Floodtwin itself, whose trace is shown where
        `FLOODTWIN_DEBUG` is set.

    Notes
    -----
    With ``--json`` standard output carries exactly one object: the result, or
    ``{"error": line, "kind": class}``. The line itself always goes to standard error.
    """
    if argv is None:
        try:
            return _main(sys.argv[1:])
        finally:
            end_when_tidy()
    return _main(argv)


def _main(argv):
    _keep_libraries_quiet()
    gc.set_threshold(100_000)  # a city is millions of lasting values: 700 costs a fifth of the time
    signals_are_followed()
    try:
        arguments = build_parser().parse_args(argv)
        result = _run(arguments)
    except TwinError as error:
        return _fail(error, "--json" in argv)
    except MemoryError:
        return _fail(_out_of_memory(), "--json" in argv)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(_named(error), "--json" in argv)
    except KeyboardInterrupt:
        sys.stderr.write("floodtwin: interrupted, nothing half written is left\n")
        return INTERRUPTED
    except Exception as error:  # the last resort: people get a line, whatever happened
        return _fault(error, "--json" in argv)
    return FAULT if arguments.verb in HOLD_OR_FAIL and result.get("failed") else 0


def _run(arguments):
    from service import engine
    from service.words import report

    options = dict(vars(arguments))
    verb, as_json = options.pop("verb"), options.pop("json")

    def show(result):
        text = _json(result) if as_json else getattr(report, verb)(result)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    if verb == "serve":  # has something to say when it begins, not when it ends
        return engine.serve(**options, started=show)
    if verb == "cycle" and not options["once"]:  # never ends by itself
        return engine.cycle(**options, quiet=as_json, told=show)
    result = getattr(engine, verb)(**options, quiet=as_json)
    show(result)
    return result


def _json(result):
    return json.dumps(result, ensure_ascii=False, allow_nan=False)


def _fault(error, as_json):
    """What Floodtwin itself did wrong, in one line; its trace only where it is asked for."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    kind = type(error).__name__
    message = (
        f"this is a fault of Floodtwin, not of your input: {kind}: {error}; run again with "
        f"{DEBUG}=1 for the trace"
    )
    _tell(message, kind, as_json)
    return FAULT


def _fail(error, as_json):
    _tell(error, type(error).__name__, as_json)
    return BAD_INPUT


def _tell(message, kind, as_json):
    line = " ".join(str(message).split())
    if as_json:
        sys.stdout.write(_json({"error": line, "kind": kind}) + "\n")
    sys.stderr.write(f"floodtwin: error: {line}\n")


def _named(error):
    """What the operating system refuses, as an error of ours."""
    from service.disk import FULL, full_disk_message

    place = error.filename or "the working folder"
    if error.errno in FULL:
        return DeviceError(full_disk_message(place))
    reason = error.strerror or str(error)
    return InputError(f"{place}: {reason}, expected a readable file or a writable folder; check it")


def _out_of_memory():
    return DeviceError(
        "the machine has too little memory for this, expected room for about 100 bytes a cell; "
        "take a smaller city, fewer members or larger cells"
    )


def _keep_libraries_quiet():
    """One line is promised on standard error, so no library may add its own."""
    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main())
