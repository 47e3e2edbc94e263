"""The one entry to everything Floodtwin does: routes, the command line and tests call this.

Each function checks all it is given before work begins, and answers with plain values that
JSON can carry.
"""

from importlib import import_module

_MODULES = {
    "bench_assimilation": "service.benching",
    "bench_ingest": "service.benching",
    "bench_kernel": "service.benching",
    "bench_nowcast": "service.benching",
    "bench_serve": "service.benching",
    "bench_tiles": "service.benching",
    "check_city": "service.cities",
    "cycle": "service.cycle.verb",
    "export_city": "service.cities",
    "feeds_health": "service.feeds.verb",
    "forecast": "service.cycle.forecast",
    "import_city": "service.cities",
    "ingest": "service.ingestion",
    "learn_adopt": "service.learning.verb",
    "learn_list": "service.learning.verb",
    "learn_rollback": "service.learning.verb",
    "learn_shadow": "service.learning.verb",
    "list_feeds": "service.feeds.verb",
    "picture": "service.picturing",
    "poll_feeds": "service.feeds.verb",
    "replay_feeds": "service.feeds.verb",
    "sample_city": "service.sampling",
    "sample_feeds": "service.feeds.verb",
    "scenario": "service.scenarios.verb",
    "sensors": "service.sensing",
    "serve": "service.serving",
    "simulate": "service.simulating",
    "tiles": "service.tiling",
    "validate": "service.validating",
    "verify": "service.verification.verb",
}
"""Verb -> its module, which is imported when the verb is first asked for: a start loads one."""

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
