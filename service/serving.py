"""The verb `serve`: settings from the words given, else from the environment."""


def serve(*, data=None, host=None, port=None, quiet=False, started=None):
    """Serve a data folder until interrupted.

    Parameters
    ----------
    data, host, port : optional
        See `service.settings.Settings`, which says what holds where they are not given.
    quiet : bool
        Whether to show no progress in a log; there is none.
    started : callable, optional
        Called with ``{"url", "data"}`` once the port is taken.

    Raises
    ------
    MissingError
        There is no such folder.
    DeviceError
        The port is in use.
    """
    del quiet
    from service import serve as server
    from service.settings import Settings

    given = {"data": data, "host": host, "port": port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})

    def tell(url):
        if started is not None:
            started({"url": url, "data": str(settings.data)})

    server.serve(settings.data, settings.host, settings.port, tell)
