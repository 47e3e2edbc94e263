"""The cache never grows over its limit and forgets what was not asked for."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from tiles.cache import ByteCache


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12))))
def test_the_size_is_what_is_kept_and_never_over_the_limit(asked):
    cache = ByteCache(20)
    for key, length in asked:
        assert set(cache.get(key, lambda n=length: b"x" * n)) <= {ord("x")}
        assert cache.size == sum(len(value) for value in cache._values.values()) <= 20


def test_what_is_used_stays_and_what_is_not_goes():
    cache = ByteCache(10)
    cache.get("a", lambda: b"aaaa")
    cache.get("b", lambda: b"bbbb")
    cache.get("a", lambda: b"again")
    cache.get("c", lambda: b"cccc")
    assert cache.get("a", lambda: b"new") == b"aaaa"
    assert cache.get("b", lambda: b"new") == b"new"


def test_a_value_over_the_limit_is_given_but_not_kept():
    cache = ByteCache(3)
    assert cache.get("a", lambda: b"1234") == b"1234"
    assert cache.size == 0


def test_what_many_ask_for_at_once_is_made_once():
    cache, made, together = ByteCache(100), [], threading.Barrier(8)

    def make():
        made.append(1)
        time.sleep(0.1)
        return b"tile"

    def ask(_):
        together.wait()
        return cache.get("a", make)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [b"tile"] * 8
    assert len(made) == 1


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    cache, together = ByteCache(100), threading.Barrier(4)

    def fail():
        time.sleep(0.1)
        raise KeyError("no tile")

    def ask(_):
        together.wait()
        try:
            return cache.get("a", fail)
        except KeyError:
            return "failed"

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == ["failed"] * 4
    assert cache.get("a", lambda: b"now") == b"now"
