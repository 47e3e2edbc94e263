"""One HTTP request for one payload: conditional, retried, bounded in bytes and in seconds."""

import time
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
import stamina

from twin.errors import MissingError
from twin.feeds.address import AddressError
from twin.feeds.http_body import read_body
from twin.feeds.network import Transport, tls_context

MOST_REDIRECTS = 3
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed a moment later."""
_READ_SECONDS = 15.0
_NETWORK = (
    httpx.TransportError,
    *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError),
)


@dataclass(frozen=True)
class Access:
    """How a source may be asked.

    Parameters
    ----------
    key : str
        Takes the place of ``{key}`` in addresses and headers; never shown in a message.
    headers : tuple of (str, str)
        Sent along; a value may hold ``{key}``.
    relaxed_x509 : bool
        See `twin.feeds.network.tls_context`.
    trust : str, optional
        PEM file of one more authority.
    hosts : tuple of str
        Hosts besides that of the address to which answers may lead.
    allow_loopback : bool
        Whether the source may run on this machine.
    max_bytes : int
        Largest answer, as sent and as unpacked.
    deadline_seconds : float
        For all attempts together [s].
    attempts : int
        At most so many.
    wait_seconds : float
        Before the second attempt; doubles with each, and up to as much again by chance [s].
    """

    key: str = ""
    headers: tuple = ()
    relaxed_x509: bool = False
    trust: str | None = None
    hosts: tuple = ()
    allow_loopback: bool = False
    max_bytes: int = 32 * 2**20
    deadline_seconds: float = 60.0
    attempts: int = 3
    wait_seconds: float = 0.5

    def shown(self, text):
        """A text without the key, for messages and records."""
        return str(text).replace(self.key, "{key}") if self.key else str(text)


@dataclass(frozen=True)
class Answer:
    """What a source answered.

    Attributes
    ----------
    content : bytes or None
        Unpacked; None where nothing changed since the last time (304).
    url : str
        Where it came from in the end, without the key.
    etag, last_modified : str
        To be handed to the next `fetch`; "" where the source gives none.
    """

    content: bytes | None
    url: str
    etag: str = ""
    last_modified: str = ""


class _PassingError(Exception):
    """Something that may be over at the next attempt, after at least `wait` seconds."""

    def __init__(self, reason, wait=0.0):
        super().__init__(reason)
        self.wait = wait


def fetch(url, access=None, *, etag="", last_modified=""):
    """Ask a source once, with retries.

    Parameters
    ----------
    url : str
        ``http`` or ``https``; its path and query are sent as they stand. May hold ``{key}``.
    access : Access, optional
        Limits and key.
    etag, last_modified : str
        Of the content that is known already.

    Returns
    -------
    Answer

    Raises
    ------
    MissingError
        The source does not answer, in time or with content.
    AddressError
        The address is not allowed, or the certificate is not valid.
    InputError
        The answer is too large or cannot be unpacked.

    Notes
    -----
    Redirects are followed on the same host only and never from https to http. The time that the
    system takes to look up a name is its own and not cut.
    """
    access = access or Access()
    end = time.monotonic() + access.deadline_seconds
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    known = {name: value for name, value in known.items() if value}
    attempts = stamina.retry_context(
        on=lambda error: _wait_of(error, end),
        attempts=access.attempts,
        timeout=access.deadline_seconds,
        wait_initial=access.wait_seconds,
        wait_max=10 * access.wait_seconds,
        wait_jitter=access.wait_seconds,
    )
    try:
        for attempt in attempts:
            with attempt:
                return _follow(url.replace("{key}", access.key), access, known, end)
    except _PassingError as error:
        raise MissingError(
            f"{access.shown(url)[:200]} does not answer ({access.shown(error)[:200]}), expected "
            f"content within {access.deadline_seconds:g} s; the next poll tries again"
        ) from None


def _wait_of(error, end):
    """Whether to try again; a wait that the source names is kept, or the attempt given up."""
    if not isinstance(error, _PassingError):
        return False
    if time.monotonic() + error.wait >= end:
        return False
    return error.wait or True


def _follow(url, access, known, end):
    context = tls_context(access.relaxed_x509, access.trust)
    timeout = httpx.Timeout(_READ_SECONDS)
    with httpx.Client(
        transport=Transport(context, end, access.allow_loopback), timeout=timeout, trust_env=False
    ) as client:
        for _ in range(MOST_REDIRECTS + 1):
            answer = _ask(client, url, access, known)
            if isinstance(answer, Answer):
                return answer
            url = redirected(url, answer, access)
    raise AddressError(
        f"{access.shown(url)[:200]} redirects more than {MOST_REDIRECTS} times, expected content; "
        "correct the address of the source"
    )


def redirected(url, location, access):
    """Address after a redirect or of a next page, on the same host or one of `Access.hosts`.

    Parameters
    ----------
    url : str
        Where the source was asked.
    location : str
        What it names as the next address, absolute or relative.
    access : Access
        With the other hosts, and the key that no message may show.

    Raises
    ------
    AddressError
        It is on a host or port that is not allowed, or leaves https.
    """
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    try:
        same = there.hostname == here.hostname and _port(there) in (_port(here), _upgraded(here))
        same |= there.hostname in access.hosts and _port(there) in (80, 443)
    except ValueError:
        same = False
    if not same or (there.scheme != here.scheme and there.scheme != "https"):
        raise AddressError(
            f"{access.shown(url)[:200]} leads to {access.shown(target)[:200]!r}, expected the "
            "same host; correct the address of the source"
        )
    return target


def _port(parts):
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _upgraded(parts):
    """443 where plain http was asked on its own port, else the port itself."""
    return 443 if (parts.scheme, _port(parts)) == ("http", 80) else _port(parts)


def _ask(client, url, access, known):
    """The answer, or the text of a redirect."""
    request = _request(client, url, access, known)
    try:
        with closing(client.send(request, stream=True)) as response:
            if response.status_code in (301, 302, 303, 307, 308):
                return response.headers.get("location", "")
            return _answer(response, access, url, known)
    except _NETWORK as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise AddressError(
                f"{access.shown(url)[:200]} has no valid certificate ({str(error)[:160]}), "
                "expected one for this host from a trusted authority; tell its owner"
            ) from None
        raise _PassingError(str(error) or type(error).__name__) from error


def _request(client, url, access, known):
    headers = {name: value.replace("{key}", access.key) for name, value in access.headers}
    parts = urlsplit(url)
    target = url.split("#")[0].split("://", 1)[-1].removeprefix(parts.netloc) or "/"
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise AddressError(
            f"{access.shown(url)[:200]!r} cannot be asked, expected an http or https address "
            "without a password; correct it"
        )
    # what cannot stand in a request line is left to httpx to encode
    raw = {"target": target.encode()} if target.isascii() and target.isprintable() else {}
    raw = {} if " " in target or not target.startswith("/") else raw
    try:
        return client.build_request(
            "GET",
            url,
            headers={"Accept-Encoding": "gzip", "User-Agent": "floodtwin", **headers, **known},
            extensions={**raw, "timeout": client.timeout.as_dict()},
        )
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressError(
            f"{access.shown(url)[:200]!r} is no address ({access.shown(error)[:80]}), expected "
            "such as https://host/path; correct it"
        ) from None


def _answer(response, access, url, known):
    status = response.status_code
    if status == 304 and known:
        return Answer(None, access.shown(url), *_validators(response, known))
    if status in PASSING:
        raise _PassingError(f"status {status}", _retry_after(response))
    if status != 200:
        raise MissingError(
            f"{access.shown(url)[:200]} answers with status {status}, expected 200; check its "
            "address and key"
        )
    content = read_body(response, access.shown(url)[:200], access.max_bytes)
    return Answer(content, access.shown(url), *_validators(response, {}))


def _validators(response, known):
    return (
        response.headers.get("etag", known.get("If-None-Match", ""))[:500],
        response.headers.get("last-modified", known.get("If-Modified-Since", ""))[:100],
    )


def _retry_after(response):
    """Seconds that the source asks to wait; 0 where it names none."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 8:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
