"""The HTTP service: routes, errors as JSON, and the page."""

import logging
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from service.web.catalogue import Catalogue
from service.web.clock import Clock
from service.web.models import ErrorBody, Health, Readiness
from service.web.object_states import ObjectKeeper
from service.web.page import Page
from service.web.replies import NEVER
from service.web.routes_3d import scene_router
from service.web.routes_city import city_router
from service.web.routes_feeds import feed_router
from service.web.routes_objects import object_router
from service.web.routes_run import run_router
from service.web.routes_scenarios import scenario_router
from service.web.routes_verification import verification_router
from service.web.routes_water import water_router
from service.web.tile_builds import TileBuilds
from twin.errors import DeviceError, InputError, MissingError, TwinError, UnstableError

STATUS_OF = {InputError: 422, MissingError: 404, UnstableError: 500, DeviceError: 503}
"""Error class -> HTTP status."""

PAGE = Path(__file__).parents[1] / "static"
SECURITY_HEADERS = {
    # Only this server, so that the page works, and stays true, on a network of its own.
    "Content-Security-Policy": (
        # The decoder of compressed 3D tiles is WebAssembly.
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self' blob:; "
        "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
EXERCISE_HEADER = "Floodtwin-Exercise"
"""On every answer of a service whose clock is set: what that clock reads."""
_FAILURES = {status: {"model": ErrorBody} for status in (404, 422, 500, 503)}
_log = logging.getLogger("floodtwin.service")


def create_app(data_folder, page_folder=PAGE, clock=None, warm=False, origins=()):
    """Build the web application over a data folder.

    Parameters
    ----------
    data_folder : path-like
        With ``cities/`` and ``runs/``; may still be empty (then /api/ready says so).
    page_folder : path-like
        The built dashboard.
    clock : service.web.clock.Clock, optional
        By which ages are counted; default that of this machine.
    warm : bool
        Whether to open the newest runs in the background before anybody asks.
    origins : sequence of str
        Of web pages elsewhere that may read, such as a map or a 3D client; ``"*"`` is all.

    Returns
    -------
    fastapi.FastAPI
    """
    # The interactive pages of FastAPI load scripts from another host, so they stay off.
    app = FastAPI(
        title="Floodtwin",
        version=_version(),
        summary="Where a city will flood, hours ahead",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_FAILURES,
    )
    catalogue, clock, builds = Catalogue(data_folder), clock or Clock(), TileBuilds()
    if warm:
        threading.Thread(target=_warm, args=(catalogue, builds), daemon=True).start()
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5)
    if origins:
        _open_to(app, origins)
    app.add_middleware(CommonHeaders, clock=clock)
    _add_error_handlers(app)
    _add_health(app, catalogue, clock)
    app.include_router(city_router(catalogue, builds))
    keeper = ObjectKeeper(catalogue, clock)
    app.include_router(run_router(catalogue, clock, keeper))
    app.include_router(scenario_router(catalogue, keeper))
    app.include_router(scene_router(catalogue, builds))
    app.include_router(water_router(catalogue, clock))
    app.include_router(object_router(keeper, warm))
    app.include_router(feed_router(catalogue, clock))
    app.include_router(verification_router(catalogue, clock))
    _add_page(app, Path(page_folder))
    return app


def _open_to(app, origins):
    """Let web pages of other hosts read; nothing is ever changed on their behalf."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD"],
        allow_headers=["If-None-Match", "Range"],
        expose_headers=["ETag", "Retry-After", "Content-Range", "Accept-Ranges", EXERCISE_HEADER],
        max_age=86400,
    )


def _warm(catalogue, builds):
    catalogue.warm()
    builds.prepare(catalogue.city(name) for name in catalogue.city_names())


class CommonHeaders:
    """Middleware that gives every answer `SECURITY_HEADERS`, and in an exercise its mark."""

    def __init__(self, app, clock):
        self.app = app
        self.clock = clock

    async def __call__(self, scope, receive, send):
        """Handle one request."""

        async def send_guarded(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if self.clock.is_set:
                    headers[EXERCISE_HEADER] = self.clock.mark()["clock"]
            await send(message)

        await self.app(scope, receive, send_guarded)


def _add_error_handlers(app):
    @app.exception_handler(TwinError)
    def known(_request, error):
        status = next((STATUS_OF[c] for c in type(error).__mro__ if c in STATUS_OF), 500)
        return _failure(status, str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(_request, error):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _failure(422, f"{where} is {str(first.get('input'))[:60]!r}: {first['msg']}")

    @app.exception_handler(HTTPException)
    def unrouted(request, error):
        return _failure(error.status_code, f"{error.detail}: {request.url.path[:120]}")

    @app.exception_handler(Exception)
    def unknown(request, error):
        _log.error("request %s failed", request.url.path, exc_info=error)
        return _failure(500, "the service failed on this request; its log has the reason")


def _failure(status, text):
    line = " ".join(text.split())
    headers = {"Cache-Control": NEVER, **SECURITY_HEADERS}
    return JSONResponse({"error": line}, status_code=status, headers=headers)


def _add_health(app, catalogue, clock):
    @app.get("/api/health", response_model=Health, tags=["service"])
    def health():
        """Whether the service runs."""
        return {"status": "ok", "version": app.version, **clock.mark()}

    @app.get(
        "/api/ready",
        response_model=Readiness,
        responses={503: {"model": Readiness}},
        tags=["service"],
    )
    def ready():
        """Whether there is a city and a run to show; 503 with the reasons if not."""
        reasons = catalogue.shortcomings()
        body = Readiness(ready=not reasons, reasons=reasons, **clock.mark())
        return JSONResponse(body.model_dump(), status_code=503 if reasons else 200)


def _add_page(app, folder):
    if (folder / "index.html").is_file():
        app.mount("/", Page(directory=folder, html=True))
        return

    @app.get("/", response_class=PlainTextResponse, include_in_schema=False)
    def not_built():
        return PlainTextResponse(
            "The page is not built: run `npm ci && npm run build` in service/dashboard. "
            "The API is at /api/openapi.json.\n",
            status_code=503,
        )


def _version():
    try:
        return version("floodtwin")
    except PackageNotFoundError:
        return "0"
