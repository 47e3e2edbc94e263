"""The one entry to everything Floodtwin does: routes, the command line and tests call this.

Each function checks all it is given before work begins, and answers with plain values that
JSON can carry.
"""

from service.benching import (
    bench_assimilation,
    bench_ingest,
    bench_kernel,
    bench_nowcast,
    bench_serve,
    bench_tiles,
)
from service.cities import check_city, export_city, import_city
from service.cycle import cycle
from service.feeds import feeds_health, list_feeds, poll_feeds, replay_feeds
from service.forecasting import forecast
from service.ingestion import ingest
from service.learning import learn_adopt, learn_list, learn_rollback, learn_shadow
from service.picturing import picture
from service.sampling import sample_city
from service.scenarios import scenario
from service.serving import serve
from service.simulating import simulate
from service.tiling import tiles
from service.validating import validate
from service.verification import verify

__all__ = [
    "bench_assimilation",
    "bench_ingest",
    "bench_kernel",
    "bench_nowcast",
    "bench_serve",
    "bench_tiles",
    "check_city",
    "cycle",
    "export_city",
    "feeds_health",
    "forecast",
    "import_city",
    "ingest",
    "learn_adopt",
    "learn_list",
    "learn_rollback",
    "learn_shadow",
    "list_feeds",
    "picture",
    "poll_feeds",
    "replay_feeds",
    "sample_city",
    "scenario",
    "serve",
    "simulate",
    "tiles",
    "validate",
    "verify",
]
