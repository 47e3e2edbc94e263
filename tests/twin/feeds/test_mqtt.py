"""A real broker: what comes is handed over once it is stored, silence is noticed, restarts heal."""

import json
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace

import pandas as pd
import pytest

from twin.errors import DeviceError, InputError
from twin.feeds.mqtt import CONNECTED, DISCONNECTED, MOST_BYTES, REFUSED, SILENT, MqttFeed
from twin.feeds.sensor_messages import SPEC, pack, read
from twin.observations.store import ObservationStore

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
SLOW_DAY = 60.0

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


class Broker:
    """A mosquitto of its own, on a free port, with its own folder."""

    def __init__(self, folder, extra=""):
        (folder / "data").mkdir()
        self.config = folder / "mosquitto.conf"
        self._settings = (
            f"persistence true\npersistence_location {folder / 'data'}/\nuser {_me()}\n"
            + (extra or "allow_anonymous true\n")
        )
        self.log = folder / "log"
        self.process, self._has_begun = None, False
        self._choose_port()

    def _choose_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config.write_text(f"listener {self.port} 127.0.0.1\n{self._settings}")

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        self._told = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", self.config], stdout=log, stderr=log)
        wait_for(lambda: self._has_lost_its_port() or self._answers(), "the broker to listen")
        if self._has_lost_its_port():
            self._choose_port()
            self.start()
        self._has_begun = True

    def _has_lost_its_port(self):
        """Whether another program took the port between its choice and the start."""
        is_over = self.process.poll() is not None
        return is_over and not self._has_begun and "in use" in self._says()

    def _says(self):
        return self.log.read_bytes()[self._told :].decode()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(SLOW_DAY)
            self.process = None

    def _answers(self):
        assert self.process.poll() is None, self._says()
        if " running" not in self._says():  # what answers may be another program
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _me():
    import getpass

    return getpass.getuser()


def wait_for(fact, what):
    end = time.monotonic() + SLOW_DAY
    while not fact():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


@pytest.fixture
def broker(tmp_path):
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def feeds():
    """Feeds that are stopped at the end, whatever happens."""
    started = []

    def start(broker, **more):
        feed = MqttFeed(
            replace(SPEC, cadence_seconds=more.pop("cadence_seconds", 600.0)),
            broker.url,
            more.pop("topics", "sensors/#"),
            client_id=more.pop("client_id", "twin"),
            **more,
        )
        started.append(feed)
        feed.start()
        return feed

    yield start
    for feed in started:
        feed.stop()


def reading(**changes):
    moment = pd.Timestamp.now(tz="UTC") - pd.Timedelta(seconds=5)
    fields = {"station_id": "S1", "time": moment.isoformat(), "property": "water_level"}
    return fields | {"value": 1.25, "unit": "m"} | changes


def publish(broker, message, topic="sensors/S1", retain=False):
    from paho.mqtt.publish import single

    payload = message if isinstance(message, bytes | str) else json.dumps(message)
    single(topic, payload, qos=1, retain=retain, hostname="127.0.0.1", port=broker.port)


def collect(feed, number):
    got = []
    wait_for(
        lambda: feed.deliver(lambda *message: got.append(message), 0.05) < 0 or len(got) >= number,
        f"{number} messages",
    )
    return got


def heard(feed):
    """The session is there: only then does the broker keep messages for it."""
    wait_for(lambda: feed.state().state == CONNECTED, "a connection")


def test_a_message_becomes_a_reading_in_the_store(broker, feeds, tmp_path):
    feed = feeds(broker)
    heard(feed)
    publish(broker, {"readings": [reading(), reading(station_id="S2", value=2.5)]})
    [(content, received, url)] = collect(feed, 1)
    parsed = read(content, received)
    store = ObservationStore(tmp_path / "store")
    assert store.append(parsed.readings)["kept"] == 2
    assert store.append(parsed.readings)["duplicate"] == 2  # at least once is not twice
    assert url == f"{broker.url}/sensors/S1"


def test_a_connected_but_silent_broker_raises_an_alarm_within_two_cadences(broker, feeds):
    """R-05, and a retained message is no sign of life."""
    cadence, alarms, raised = 2.0, [], threading.Event()

    def alarm(link):
        alarms.append(link)
        raised.set()

    publish(broker, reading(), retain=True)
    feed = feeds(broker, cadence_seconds=cadence, alarm=alarm)
    assert raised.wait(SLOW_DAY)
    assert alarms[0].silent_seconds > 1.5 * cadence
    # the watchdog looks ten times in the time after which a feed is silent, so that even the
    # latest look lies within two cadences; a busy machine may stretch it, not the rule
    assert feed._silent_after * 1.1 < 2 * cadence
    assert alarms[0].received == 1
    wait_for(lambda: feed.state().state == SILENT, "silence to be shown")
    assert not feed.state().is_verified


def test_a_message_ends_the_silence_and_one_silence_is_one_alarm(broker, feeds):
    """R-05"""
    alarms = []
    feed = feeds(broker, cadence_seconds=0.4, alarm=alarms.append)
    wait_for(lambda: alarms, "an alarm")
    wait_for(lambda: feed.state().silent_seconds > 2.0, "a longer silence")
    assert len(alarms) == 1
    before = feed.state().received
    wait_for(lambda: publish(broker, reading()) or feed.state().received > before, "a message")
    wait_for(lambda: len(alarms) == 2, "the next silence")


def test_after_a_restart_of_the_broker_a_received_message_proves_the_subscription(broker, feeds):
    """R-05"""
    feed = feeds(broker)
    heard(feed)
    publish(broker, reading())
    assert len(collect(feed, 1)) == 1
    assert feed.state().is_verified
    broker.stop()
    wait_for(lambda: feed.state().state == DISCONNECTED, "the loss to be noticed")
    assert not feed.state().is_verified
    broker.start()
    heard(feed)
    assert not feed.state().is_verified  # connected is not yet proven
    publish(broker, reading(value=9.0))
    [(content, _, _)] = collect(feed, 1)
    assert json.loads(content)["value"] == 9.0
    assert feed.state().is_verified


def test_a_broker_that_lost_its_sessions_is_subscribed_to_again(broker, feeds, tmp_path):
    """R-05"""
    feed = feeds(broker)
    heard(feed)
    broker.stop()
    for file in (tmp_path / "data").iterdir():
        file.unlink()
    broker.start()
    heard(feed)
    wait_for(lambda: publish(broker, reading()) or feed.state().is_verified, "a message")


def test_what_comes_while_we_are_away_waits_at_the_broker(broker, feeds):
    feed = feeds(broker)
    heard(feed)
    publish(broker, reading(value=0.0))
    collect(feed, 1)  # the subscription stands
    feed.stop()
    publish(broker, reading(value=1.0))
    publish(broker, reading(value=2.0))
    broker.stop()
    broker.start()  # and outlives a restart, on the broker's disk
    values = [json.loads(content)["value"] for content, _, _ in collect(feeds(broker), 2)]
    assert values == [1.0, 2.0]


def test_a_message_that_could_not_be_stored_comes_again(broker, feeds):
    feed = feeds(broker)
    heard(feed)
    publish(broker, reading(value=7.0))

    def full(*_):
        raise DeviceError("the disk is full")

    def try_once():
        try:
            return feed.deliver(full, 0.05) < 0
        except DeviceError:
            return True

    wait_for(try_once, "the message")
    [(content, _, _)] = collect(feed, 1)
    assert json.loads(content)["value"] == 7.0


def test_a_message_that_was_never_acknowledged_comes_again_to_the_next_process(broker, feeds):
    feed = feeds(broker)
    heard(feed)
    publish(broker, reading(value=8.0))
    wait_for(lambda: feed.state().waiting == 1, "the message")
    feed.stop()
    [(content, _, _)] = collect(feeds(broker), 1)
    assert json.loads(content)["value"] == 8.0


def test_more_than_there_is_room_for_is_asked_for_again_and_not_lost(broker, feeds):
    feed = feeds(broker, most_waiting=2)
    heard(feed)
    for value in range(6):
        publish(broker, reading(value=float(value)))
    wait_for(lambda: feed.state().dropped > 0, "the queue to be full")
    assert feed.state().waiting <= 2
    values = set()
    wait_for(
        lambda: (
            feed.deliver(lambda content, *_: values.add(json.loads(content)["value"]), 0.05) < 0
            or values == set(map(float, range(6)))
        ),
        "all of them",
    )


def test_a_message_that_cannot_be_read_does_not_block_the_others(broker, feeds):
    feed = feeds(broker)
    heard(feed)
    for message in (b"\xff{", b"x" * (MOST_BYTES + 1), json.dumps(reading())):
        publish(broker, message)
    good = []

    def handle(content, received, _):
        good.append(read(content, received))

    wait_for(lambda: feed.deliver(handle, 0.05) < 0 or good, "the good one")
    assert good[0].counts["kept"] == 1
    assert feed.state().refused == 2
    wait_for(lambda: feed.state().waiting == 0, "the queue to be empty")


def test_messages_that_wait_are_stored_together(broker, feeds):
    feed = feeds(broker, pack=pack)
    heard(feed)
    for value in range(5):
        publish(broker, reading(station_id=f"S{value}"), f"sensors/S{value}")
    publish(broker, b"{")
    wait_for(lambda: feed.state().waiting == 6, "all of them")
    got = []
    assert feed.deliver(lambda *message: got.append(message), 0.05) == 6
    [(content, received, url)] = got
    assert url == f"{broker.url}/"
    counts = read(content, received).counts
    assert (counts["kept"], counts["reasons"]) == (5, {"unreadable message": 1})


def test_an_alarm_that_fails_does_not_end_the_watchdog(broker, feeds):
    """R-05"""
    calls = []

    def alarm(link):
        calls.append(link)
        raise RuntimeError("nobody is at the desk")

    feed = feeds(broker, cadence_seconds=0.4, alarm=alarm)
    wait_for(lambda: calls, "an alarm")
    before = feed.state().received
    wait_for(lambda: publish(broker, reading()) or feed.state().received > before, "a message")
    wait_for(lambda: len(calls) > 1, "the next alarm")


def test_a_will_tells_that_we_are_lost(broker, feeds):
    from paho.mqtt.subscribe import simple

    def status():
        return simple("floodtwin/twin/status", hostname="127.0.0.1", port=broker.port).payload

    feed = feeds(broker)
    heard(feed)
    wait_for(lambda: status() == b"online", "the status")
    feed.stop()
    wait_for(lambda: status() == b"offline", "the farewell")


def test_a_broker_that_does_not_let_us_in_is_told_from_one_that_is_away(tmp_path, feeds):
    closed = Broker(tmp_path, "allow_anonymous false\n")
    feed = feeds(closed)
    wait_for(lambda: "does not answer" in feed.state().reason, "the first attempt")
    assert feed.state().state == DISCONNECTED
    closed.start()
    try:
        wait_for(lambda: feed.state().state == REFUSED, "the refusal")
        assert "does not let us in" in feed.state().reason
    finally:
        closed.stop()


@pytest.mark.parametrize("broker", ["localhost", "http://a:1883", "mqtt://", "mqtt://a:x", "", 7])
def test_an_address_that_is_no_broker_is_named(broker):
    with pytest.raises(InputError, match="expected mqtt://"):
        MqttFeed(SPEC, broker, "#", client_id="x")
