"""The cache never grows over its limit and forgets what was not asked for."""

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
