"""The verb `serve`: settings from the words given, else from the environment."""

from service.leaving import signals_end_at_once


def serve(
    *, data=None, host=None, port=None, allow_origin=None, clock=None, quiet=False, started=None
):
    """Serve a data folder until interrupted.

    Parameters
    ----------
    data, host, port, allow_origin : optional
        See `service.web.settings.Settings`, which says what holds where they are not given.
    clock : str, optional
        Time at which the clock of the service starts; all it serves is then an exercise.
    quiet : bool
        Whether to show no progress in a log; there is none.
    started : callable, optional
        Called with ``{"url", "data", "exercise", "clock"}`` once the service answers.

    Raises
    ------
    MissingError
        There is no such folder.
    DeviceError
        The port is in use.
    InputError
        `clock` is no time, or an origin is none.

    Notes
    -----
    Ctrl-C and SIGTERM end the process within two seconds at any time, even while it is still
    loading or a thread is busy: what has not ended by itself until then is cut off. The service
    only reads, so nothing can be left half written.
    """
    del quiet
    given = {"data": data, "host": host, "port": port, "allow_origin": allow_origin}
    with signals_end_at_once():
        _serve({name: value for name, value in given.items() if value is not None}, clock, started)


def _serve(given, clock, started):
    from service.web import serve as server
    from service.web.clock import Clock
    from service.web.settings import Settings

    settings = Settings(**given)
    counted = Clock(clock)

    def tell(url):
        if started is not None:
            started({"url": url, "data": str(settings.data), **counted.mark()})

    server.serve(settings.data, settings.host, settings.port, counted, tell, settings.origins)
