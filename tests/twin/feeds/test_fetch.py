"""Fetching from servers that fail in all the ways that servers fail."""

import gzip
import threading
import time
import tracemalloc

import pytest
from http_servers import serving

from twin.errors import InputError, MissingError
from twin.feeds.fetch import Access, fetch, redirected

HERE = Access(allow_loopback=True, wait_seconds=0.01, deadline_seconds=20.0)


def quick(**changes):
    return Access(**{"allow_loopback": True, "wait_seconds": 0.01, **changes})


def test_content_comes_as_it_was_sent_and_unpacked():
    body = "雨量 98".encode()
    with serving(lambda to: to.reply(body)) as server:
        assert fetch(server.url + "/rain", HERE).content == body
    packed = gzip.compress(body[:3]) + gzip.compress(body[3:])
    with serving(lambda to: to.reply(packed, Content_Encoding="gzip")) as server:
        assert fetch(server.url, HERE).content == body
        assert server.requests[0][1]["Accept-Encoding"] == "gzip"


def test_the_second_request_is_conditional_and_nothing_new_is_no_content():
    def answer(to):
        if to.headers.get("If-None-Match") == '"a1"':
            to.reply(status=304)
        else:
            to.reply(b"x", ETag='"a1"', Last_Modified="Fri, 20 Nov 2026 12:00:00 GMT")

    with serving(answer) as server:
        first = fetch(server.url, HERE)
        again = fetch(server.url, HERE, etag=first.etag, last_modified=first.last_modified)
    assert (first.content, again.content) == (b"x", None)
    assert (again.etag, again.last_modified) == (first.etag, first.last_modified)
    asked = server.requests[1][1]
    assert asked["If-Modified-Since"] == "Fri, 20 Nov 2026 12:00:00 GMT"


def test_not_modified_without_having_asked_is_no_success():
    with serving(lambda to: to.reply(status=304)) as server, pytest.raises(MissingError):
        fetch(server.url, HERE)


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not():
    """D-12: 503 is no answer."""

    def fails_twice(to):
        to.reply(b"fine", status=503 if len(server.requests) < 3 else 200)

    with serving(fails_twice) as server:
        assert fetch(server.url, HERE).content == b"fine"
        assert len(server.requests) == 3
    with serving(lambda to: to.reply(status=503)) as server:
        with pytest.raises(MissingError, match="status 503"):
            fetch(server.url, HERE)
        assert len(server.requests) == 3
    with serving(lambda to: to.reply(status=404)) as server:
        with pytest.raises(MissingError, match="status 404"):
            fetch(server.url, HERE)
        assert len(server.requests) == 1


def test_the_wait_that_a_source_asks_for_is_kept_or_not_waited_at_all():
    def busy(to):
        asked.append(time.monotonic())
        to.reply(status=429 if len(asked) == 1 else 200, Retry_After="1")

    asked = []
    with serving(busy) as server:
        fetch(server.url, HERE)
    assert asked[1] - asked[0] >= 1.0
    with serving(lambda to: to.reply(status=429, Retry_After="9000")) as server:
        with pytest.raises(MissingError, match="429"):
            fetch(server.url, HERE)
        assert len(server.requests) == 1


def test_a_refused_connection_and_an_unknown_name_are_told_in_one_line():
    with serving(lambda to: to.reply()) as server:
        url = server.url
    for address in (url, "http://no-such-host.invalid/x"):
        with pytest.raises(MissingError, match="does not answer") as error:
            fetch(address, quick(attempts=1))
        assert "\n" not in str(error.value)


def drip_headers(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not to.server.ended.wait(0.05):
        to.wfile.write(b"X: y\r\n")
        to.wfile.flush()


def drip_body(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not to.server.ended.wait(0.05):
        to.wfile.write(b"x")
        to.wfile.flush()


def say_nothing(to):
    to.server.ended.wait()


@pytest.mark.parametrize("answer", [drip_headers, drip_body, say_nothing])
def test_a_slow_loris_ends_at_the_deadline(answer):
    """D-16: slow-loris feed."""
    with serving(answer) as server:
        began = time.monotonic()
        with pytest.raises(MissingError, match="does not answer"):
            fetch(server.url, quick(deadline_seconds=0.6))
        assert time.monotonic() - began < 60.0  # without the deadline it would never end


def endless(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not to.server.ended.is_set():
        to.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def announced(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
    for _ in range(200):
        to.wfile.write(b"x" * 2**20)


def bomb(to):
    member = gzip.compress(bytes(20 * 2**20))
    to.reply(member * 10, Content_Encoding="gzip")


@pytest.mark.parametrize("answer", [endless, announced, bomb])
def test_200_mb_are_refused_in_bounded_memory(answer):
    """D-16: 200 MB body, and the same as a gzip bomb."""
    with serving(answer) as server:
        tracemalloc.start()
        with pytest.raises(InputError, match=r"larger than 4\.0 MiB"):
            fetch(server.url, quick(max_bytes=4 * 2**20))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_what_ends_early_is_no_content():
    def short(to):
        to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    def cut(to):
        to.reply(gzip.compress(b"abc" * 100)[:-12], Content_Encoding="gzip")

    for answer in (short, cut):
        with serving(answer) as server, pytest.raises(MissingError):
            fetch(server.url, HERE)


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip"])
def test_what_is_not_packed_as_asked_for_is_refused(packing):
    def answer(to):
        to.reply(b"no gzip", Content_Encoding=packing)

    with serving(answer) as server, pytest.raises(InputError, match="pack"):
        fetch(server.url, HERE)


def test_redirects_stay_on_the_host():
    """S-08, the side of feeds: no redirect leads anywhere else."""

    def answer(to):
        if to.path == "/old":
            to.reply(status=302, Location="/new")
        elif to.path == "/new":
            to.reply(b"here")
        else:
            to.reply(status=307, Location=to.path.partition("?")[2])

    with serving(answer) as server, serving(lambda to: to.reply(b"secret")) as other:
        assert fetch(server.url + "/old", HERE).content == b"here"
        inner = ("http://169.254.169.254/latest", "file:///etc/passwd", "gopher://127.0.0.1/x")
        for place in (*inner, other.url, "//localhost/", "http://127.0.0.1:99999/"):
            with pytest.raises(InputError, match="same host"):
                fetch(f"{server.url}/to?{place}", HERE)
        assert other.requests == []


def test_a_redirect_to_itself_ends():
    with serving(lambda to: to.reply(status=301, Location=to.path)) as server:
        with pytest.raises(InputError, match="redirects more than"):
            fetch(server.url + "/a", HERE)
        assert len(server.requests) < 9


def test_https_is_never_left():
    with pytest.raises(InputError, match="same host"):
        redirected("https://a.example/x", "http://a.example/y", HERE)
    assert redirected("http://a.example/x", "https://a.example/y", HERE) == "https://a.example/y"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]"])
def test_this_machine_is_reached_only_where_allowed(host):
    with serving(lambda to: to.reply(b"secret")) as server:
        with pytest.raises(InputError, match="private address"):
            fetch(f"http://{host}:{server.server_address[1]}/", Access(attempts=1))
        assert server.requests == []


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "[2002:0a00:0001::]", "224.0.0.1"],
)  # fmt: skip
def test_private_addresses_are_never_reached(host):
    with pytest.raises(InputError, match="private address"):
        fetch(f"http://{host}/", quick(attempts=1))


@pytest.mark.parametrize("url", ["", "x", "file:///etc/passwd", "http://a:b@c/", "ftp://a/b"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(InputError, match="cannot be asked"):
        fetch(url, HERE)


def test_the_address_is_sent_byte_for_byte():
    """D-10, the side of transport: + stays +, and nothing is encoded twice."""
    target = "/v1.0/Things?$skip=100&$filter=substringof('%E6%B7%B9',a/b)+and+(x%2By)&q=%7C|~"
    with serving(lambda to: to.reply(b"x")) as server:
        fetch(server.url + target, HERE)
        assert server.requests[0][0] == target


def test_the_key_is_sent_but_never_shown():
    access = quick(key="SECRET-1", headers=(("X-Key", "{key}"),), attempts=1)
    with serving(lambda to: to.reply(b"x")) as server:
        answer = fetch(server.url + "/a?key={key}", access)
        path, headers = server.requests[0]
    assert (path, headers["X-Key"]) == ("/a?key=SECRET-1", "SECRET-1")
    assert answer.url.endswith("/a?key={key}")
    for status in (404, 503):
        with serving(lambda to, status=status: to.reply(status=status)) as server:
            with pytest.raises(MissingError) as error:
                fetch(server.url + "/a?key={key}", access)
            assert "SECRET" not in str(error.value)


def test_many_fetches_side_by_side_do_not_disturb_each_other():
    found = {}
    with serving(lambda to: to.reply(to.path.encode())) as server:

        def get(number):
            found[number] = fetch(f"{server.url}/{number}", HERE).content

        threads = [threading.Thread(target=get, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: f"/{number}".encode() for number in range(8)}
