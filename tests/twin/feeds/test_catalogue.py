"""The catalogue is large, and honest about what is read."""

from collections import Counter

from twin.feeds.catalogue import catalogue
from twin.feeds.registry import ADAPTERS


def test_there_are_67_feeds_and_more_each_named_once():
    feeds = catalogue()
    assert len(feeds) >= 67
    assert max(Counter(feed.name for feed in feeds).values()) == 1
    assert all(
        feed.title and feed.kind in ("readings", "grid", "warnings", "ahead") for feed in feeds
    )


def test_only_a_feed_with_an_adapter_is_said_to_be_read():
    for feed in catalogue():
        assert (feed.contract == "read") == (feed.name in ADAPTERS)
        assert feed.contract in ("read", "known", "closed", "gone")
        assert feed.evidence in ("payload", "documentation")
