"""Start the service on this machine."""

import socket
from pathlib import Path

from twin.errors import DeviceError, MissingError


def serve(data, host="127.0.0.1", port=8000, started=None):
    """Serve a data folder until interrupted.

    Parameters
    ----------
    data : path-like
        With ``cities/`` and ``runs/``.
    host : str
        Address to listen on.
    port : int
        0 takes a free one.
    started : callable, optional
        Called with the address of the page once the port is taken.

    Raises
    ------
    MissingError
        There is no such folder.
    DeviceError
        The port is in use.
    """
    import uvicorn

    from service.api import create_app

    if not Path(data).is_dir():
        raise MissingError(
            f"{data} is not there, expected a folder with cities and runs; make it with "
            "`floodtwin city sample`"
        )
    taken = listen(host, port)
    app = create_app(data, warm=True)
    if started is not None:
        started(f"http://{host}:{taken.getsockname()[1]}/")
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    try:
        uvicorn.Server(config).run(sockets=[taken])
    finally:
        taken.close()


def listen(host, port):
    """Take a port before anything slow happens.

    Raises
    ------
    DeviceError
        It is in use, or may not be used.
    """
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
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
