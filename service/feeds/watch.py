"""Feeds over time: each polled at its own cadence, brokers heard, old payloads let go."""

import threading
import time
from contextlib import contextmanager

import pandas as pd

from service.leaving import leave_if_told
from twin.errors import DeviceError, TwinError
from twin.feeds.intake import take
from twin.feeds.mqtt import MqttFeed
from twin.feeds.polling import poll_all

SHORTEST_CADENCE = pd.Timedelta(seconds=60)
"""No source is asked more often."""

_LOOK_SECONDS = 5.0
_DAY = pd.Timedelta(days=1)


def poll_round(feeds, desk, configuration):
    """Poll feeds once and let go of what their settings do not keep longer.

    Parameters
    ----------
    feeds : sequence of (twin.feeds.source.Adapter, twin.feeds.configuration.FeedSetting)
        None of a broker.
    desk : twin.feeds.intake.Desk
        Where to put what comes.
    configuration : twin.feeds.configuration.Configuration
        Of the data folder.

    Returns
    -------
    list of twin.feeds.intake.Intake
    """
    intakes = poll_all(feeds, desk, allow_loopback=configuration.allow_loopback)
    for adapter, setting in feeds:
        if setting.keep_days > 0:
            desk.raw.forget(
                adapter.spec.name, pd.Timestamp.now(tz="UTC") - setting.keep_days * _DAY
            )
    return intakes


def watch_feeds(feeds, desk, configuration, progress):
    """Poll each feed at its cadence and hear the brokers, until interrupted.

    Parameters
    ----------
    feeds, desk, configuration
        As for `poll_round`; feeds of brokers too.
    progress : service.words.progress.Progress
        Told of each round.
    """
    asked = [feed for feed in feeds if not feed[1].broker]
    with _heard([feed for feed in feeds if feed[1].broker], desk):
        while True:
            leave_if_told()
            due = [feed for feed in asked if is_due(feed[0].spec, desk, pd.Timestamp.now(tz="UTC"))]
            for intake in poll_round(due, desk, configuration):
                progress.tell(f"{intake.source} {intake.outcome} {intake.kept} {intake.reason}")
            time.sleep(_LOOK_SECONDS)


def is_due(spec, desk, now):
    """Whether a cadence has passed since a feed was last asked."""
    last = desk.health.health(spec, now).last_try
    cadence = max(pd.Timedelta(seconds=spec.cadence_seconds), SHORTEST_CADENCE)
    return last is None or now - last >= cadence or last > now


@contextmanager
def _heard(feeds, desk):
    """Hear brokers in threads while the block runs."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_hear, args=(*feed, desk, ended), name="broker", daemon=True)
        for feed in feeds  # a loop of cycles, whose polling is a daemon itself, must not wait
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _hear(adapter, setting, desk, ended):
    """Take the messages of one broker; while they cannot be kept they stay with it."""
    source = adapter.spec.name
    heard = MqttFeed(
        adapter.spec, setting.broker, setting.topic or "#", client_id=f"floodtwin-{source}"
    )
    heard.start()
    try:
        while not ended.is_set():
            try:
                heard.deliver(lambda *message: take(adapter, desk, *message), 1.0)
                _note_silence(heard.state(), source, desk)
            except DeviceError:
                ended.wait(_LOOK_SECONDS)
    finally:
        heard.stop()


def _note_silence(link, source, desk):
    """A broker that is connected and says nothing is no healthy feed."""
    if link.state == "connected":
        return
    now = pd.Timestamp.now(tz="UTC")
    try:
        desk.health.failed(
            source, now, f"{link.state} for {link.silent_seconds:.0f} s: {link.reason}"
        )
    except TwinError:
        return  # the next look notes it
