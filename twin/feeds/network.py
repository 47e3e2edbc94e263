"""Connections to sources: to checked addresses only, each wait cut at one deadline."""

import ipaddress
import logging
import socket
import ssl
import time
from functools import lru_cache

import httpcore
import httpx

from twin.feeds.address import AddressError

# It writes whole addresses at INFO, and the key of a source is part of some.
logging.getLogger("httpx").setLevel(logging.WARNING)


@lru_cache(maxsize=8)
def tls_context(relaxed_x509=False, trust=None):
    """TLS settings: chain, dates and name of the host are always verified.

    Parameters
    ----------
    relaxed_x509 : bool
        Whether `ssl.VERIFY_X509_STRICT` is left out, and nothing else, for a host whose
        certificates lack the Subject Key Identifier.
    trust : str, optional
        PEM file of an authority to be trusted besides the public ones.

    Raises
    ------
    AddressError
        `trust` is no such file.

    Notes
    -----
    The strict check is the default from Python 3.13 on (cpython #107361); it is switched on here
    for all versions, so that a source behaves the same on each.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if relaxed_x509:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if trust is not None:
        try:
            context.load_verify_locations(trust)
        except OSError as error:
            raise AddressError(
                f"{trust} is no authority to trust ({error}), expected certificates as PEM; "
                "correct the configuration of the feeds"
            ) from None
    return context


class Transport(httpx.BaseTransport):
    """One-deadline transport that sends targets byte for byte.

    Parameters
    ----------
    context : ssl.SSLContext
        See `tls_context`.
    end : float
        Reading of `time.monotonic` at which everything stops [s].
    allow_loopback : bool
        Whether addresses of this machine may be reached.
    """

    def __init__(self, context, end, allow_loopback=False):
        backend = _GuardedBackend(end, allow_loopback)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend)

    def handle_request(self, request):
        """Send a request; see `httpx.BaseTransport`."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            # httpx would encode what a source left as it is, and lose its place in the pages
            target=request.extensions.get("target", request.url.raw_path),
        )
        sent = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        answer = self._pool.handle_request(sent)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self):
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream):
        self._stream = stream

    def __iter__(self):
        yield from self._stream

    def close(self):
        self._stream.close()


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, so that a name cannot change in between."""

    def __init__(self, end, allow_loopback):
        self._end = end
        self._allow_loopback = allow_loopback
        self._plain = httpcore.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"its name is not known: {error}") from error
        addresses = list(dict.fromkeys(entry[4][0] for entry in found))
        for address in addresses:
            _require_public(host, address, self._allow_loopback)
        for address in addresses:
            try:
                left = _left(self._end, timeout, httpcore.ConnectTimeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                return _TimedStream(stream, self._end)
            except httpcore.ConnectError as error:
                refusal = error
        raise refusal

    def sleep(self, seconds):
        self._plain.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no wait outlasts the deadline, however slowly bytes drip."""

    def __init__(self, stream, end):
        self._stream = stream
        self._end = end

    def read(self, max_bytes, timeout=None):
        return self._stream.read(max_bytes, _left(self._end, timeout, httpcore.ReadTimeout))

    def write(self, buffer, timeout=None):
        self._stream.write(buffer, _left(self._end, timeout, httpcore.WriteTimeout))

    def close(self):
        self._stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        left = _left(self._end, timeout, httpcore.ConnectTimeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secured, self._end)

    def get_extra_info(self, info):
        return self._stream.get_extra_info(info)


def _left(end, timeout, timed_out):
    left = end - time.monotonic()
    if left <= 0:
        raise timed_out("the deadline is over")
    return left if timeout is None else min(timeout, left)


def _require_public(host, address, allow_loopback):
    ip = ipaddress.ip_address(address.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    if (ip.is_loopback and allow_loopback) or (ip.is_global and not ip.is_multicast):
        return
    raise AddressError(
        f"{host[:80]} leads to the private address {address}, expected a public one; name another "
        "host, or set allow_loopback for a server on this machine"
    )
