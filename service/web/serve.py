"""Start the service on this machine, and end it at once when asked."""

import asyncio
import contextlib
import socket
from pathlib import Path

from service.leaving import end_in_time
from twin.errors import DeviceError, InputError, MissingError

LAST_PORT = 65535

_ASK = b"GET /api/health HTTP/1.0\r\nHost: localhost\r\n\r\n"


def serve(data, host="127.0.0.1", port=8000, clock=None, started=None, origins=()):
    """Serve a data folder until interrupted.

    Parameters
    ----------
    data : path-like
        With ``cities/`` and ``runs/``.
    host : str
        Address to listen on.
    port : int
        0 takes a free one.
    clock : service.web.clock.Clock, optional
        Default that of this machine; with a set one all is an exercise.
    started : callable, optional
        Called with the address of the page once the service answers there.
    origins : sequence of str
        Of web pages elsewhere that may read.

    Raises
    ------
    MissingError
        There is no such folder.
    DeviceError
        The port is in use.
    """
    if not Path(data).is_dir():
        raise MissingError(
            f"{data} is not there, expected a folder with cities and runs; make it with "
            "`floodtwin city sample`"
        )
    with contextlib.closing(listen(host, port)) as taken:
        import uvicorn

        from service.web.api import create_app

        class Server(uvicorn.Server):
            """Says that it is there once it answers, and leaves in time."""

            async def startup(self, sockets=None):
                await super().startup(sockets)
                await _answered(taken.getsockname())
                if started is not None:
                    started(f"http://{_named(host)}:{taken.getsockname()[1]}/")

            def handle_exit(self, sig, frame):
                end_in_time(sig)
                super().handle_exit(sig, frame)

        app = create_app(data, clock=clock, warm=True, origins=origins)
        config = uvicorn.Config(
            app, log_level="error", access_log=False, server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        Server(config).run(sockets=[taken])


def listen(host, port):
    """Take a port before anything slow happens.

    Raises
    ------
    InputError
        There is no such port.
    DeviceError
        It is in use, or may not be used.
    """
    if not 0 <= port <= LAST_PORT:
        raise InputError(
            f"port {port} was asked for, expected 0 (any free one) to {LAST_PORT}; choose another "
            "with --port"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once: else a client waits 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise DeviceError(
            f"port {port} of {host} cannot be used ({error.strerror}), expected a free one; "
            "stop the other program or choose another with --port"
        ) from error
    taken.set_inheritable(True)
    return taken


def _named(host):
    return f"[{host}]" if ":" in host else host


async def _answered(address):
    """Wait until the service answers at its own address."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    host = everywhere.get(address[0], address[0])
    reader, writer = await asyncio.open_connection(host, address[1])
    with contextlib.closing(writer):
        writer.write(_ASK)
        await reader.readline()
