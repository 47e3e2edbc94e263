"""Hearing a broker: a session that outlives restarts, and a watchdog for one that falls silent.

A connection may be up while nothing comes through it, so that only messages count as a sign of
life, and retained ones do not: the broker repeats those by itself.
"""

import collections
import itertools
import logging
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd

from twin.errors import InputError

CONNECTED, SILENT, REFUSED, DISCONNECTED = "connected", "silent", "refused", "disconnected"

SILENT_CADENCES = 1.5
"""Cadences without a message after which a feed is silent; an alarm is due within two."""

QOS = 1
"""Every message at least once; the store knows duplicates."""

MOST_WAITING = 1000
MOST_BYTES = 256 * 2**10
"""Largest message."""

MOST_PACKED_BYTES = 2 * 2**20
"""Of messages that are handed over as one."""

LONGEST_RECONNECT_SECONDS = 30

_log = logging.getLogger("floodtwin.feeds")


@dataclass(frozen=True)
class Link:
    """How a feed of messages is.

    Attributes
    ----------
    state : str
        ``"connected"`` (and subscribed), ``"silent"`` (connected, but nothing comes),
        ``"refused"`` (the broker does not let us in or hear the topics) or ``"disconnected"``.
    silent_seconds : float
        Since the last message that was not a retained one, or since the start [s].
    is_verified : bool
        Whether a message came through since the last subscription. Until then a new
        subscription is only believed to work.
    reason : str
        What was said last of a failure.
    received, dropped, refused, waiting : int
        Messages that came, that found no room (the broker sends them again), that could not be
        read, and that wait to be handled.
    """

    state: str
    silent_seconds: float
    is_verified: bool
    reason: str
    received: int
    dropped: int
    refused: int
    waiting: int


@dataclass(frozen=True)
class _Message:
    content: bytes
    topic: str
    received: pd.Timestamp
    number: int
    connection: int


class MqttFeed:
    """Messages of a broker, each handed over once it is stored and only then acknowledged.

    Parameters
    ----------
    spec : twin.feeds.source.SourceSpec
        The contract with the sensors' owner; its cadence tells when silence is too long.
    broker : str
        ``mqtt://host:1883`` or ``mqtts://host:8883``.
    topics : str or sequence of str
        What to hear; ``+`` and ``#`` as in MQTT.
    client_id : str
        Name of the session at the broker; two that run at once must not share it.
    username, password : str, optional
        For the broker.
    tls : ssl.SSLContext, optional
        For ``mqtts``; default that of the machine.
    silent_seconds : float, optional
        Instead of 1.5 cadences [s].
    alarm : callable, optional
        ``alarm(link)``, called once for each silence, from a thread of its own.
    pack : callable, optional
        ``pack(contents) -> content``: joins messages that wait, so that they are stored in one
        go. Each storing costs several writes to the disk; without this, so does each message.
    most_waiting : int
        Messages that may wait to be handled.

    Raises
    ------
    InputError
        The address of the broker is none.

    Notes
    -----
    MQTT 3.1.1, clean session off: what comes while this side is away waits at the broker. A will
    tells others when this side is lost: topic ``floodtwin/<client id>/status``, retained.
    While this side is away or behind, the broker holds what it may: mosquitto drops all beyond
    ``max_queued_messages`` (1000 by default) and sends ``max_inflight_messages`` (20) at a time.
    """

    def __init__(
        self,
        spec,
        broker,
        topics,
        *,
        client_id,
        username=None,
        password=None,
        tls=None,
        silent_seconds=None,
        alarm=None,
        pack=None,
        most_waiting=MOST_WAITING,
    ):
        self.spec = spec
        self._host, self._port, is_tls = _address(broker)
        self._topics = [topics] if isinstance(topics, str) else list(topics)
        self._silent_after = silent_seconds or SILENT_CADENCES * spec.cadence_seconds
        self._alarm = alarm
        self._pack = pack
        self._most_waiting = most_waiting
        self._waiting = collections.deque()
        self._news = threading.Condition()
        self._stopped = threading.Event()
        self._connection = 0
        self._is_connected = self._is_refused = self._is_verified = self._is_short = False
        self._reason = ""
        self._received = self._dropped = self._refused = 0
        self._last_sign = time.monotonic()
        self._status = f"floodtwin/{client_id}/status"
        self._client = self._build(client_id, username, password, is_tls, tls)
        self._watchdog = threading.Thread(target=self._watch, name="mqtt-watchdog", daemon=True)

    def start(self):
        """Connect, and keep connecting; the broker need not be there yet."""
        self._last_sign = time.monotonic()
        self._client.connect_async(self._host, self._port, keepalive=30)
        self._client.loop_start()
        self._watchdog.start()

    def stop(self):
        """Leave; the session stays at the broker and gathers what comes meanwhile."""
        self._stopped.set()
        if self._is_connected:
            farewell = self._client.publish(self._status, "offline", QOS, retain=True)
            if farewell.rc == 0:
                farewell.wait_for_publish(timeout=5.0)
        self._client.disconnect()
        self._client.loop_stop()
        if self._watchdog.is_alive() and threading.current_thread() is not self._watchdog:
            self._watchdog.join()

    def deliver(self, handle, seconds=1.0):
        """Hand over what has come, oldest first, waiting a while for the first message.

        Parameters
        ----------
        handle : callable
            ``handle(content, received, url)``: bytes, time of receipt (UTC), address with the
            topic. What it raises as `InputError` settles the message (it never gets better);
            any other error leaves it first in line, so that it is handed over again.
        seconds : float
            To wait for the first message [s].

        Returns
        -------
        int
            Messages that were settled.
        """
        count = 0
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._stopped.is_set(), timeout=seconds)
            waiting = list(self._waiting)
        while waiting:
            messages = waiting[: self._together(waiting)]
            waiting = waiting[len(messages) :]
            try:
                handle(*self._joined(messages))
            except InputError as error:
                self._refused += len(messages)
                self._reason = str(error)
            for message in messages:
                self._settle(message)
            count += len(messages)
        return count

    def _together(self, waiting):
        """How many of the messages are handed over at once."""
        if self._pack is None:
            return 1
        sizes = itertools.accumulate(len(message.content) for message in waiting)
        return max(1, sum(size <= MOST_PACKED_BYTES for size in sizes))

    def _joined(self, messages):
        content = messages[0].content
        if len(messages) > 1:
            content = self._pack([message.content for message in messages])
        topics = {message.topic for message in messages}
        topic = messages[0].topic if len(topics) == 1 else ""
        return content, messages[-1].received, f"mqtt://{self._host}:{self._port}/{topic}"

    def state(self):
        """How the feed is now.

        Returns
        -------
        Link
        """
        silent_seconds = time.monotonic() - self._last_sign
        if self._is_refused:
            state = REFUSED
        elif not self._is_connected:
            state = DISCONNECTED
        else:
            state = SILENT if silent_seconds > self._silent_after else CONNECTED
        return Link(
            state,
            silent_seconds,
            self._is_verified,
            self._reason,
            self._received,
            self._dropped,
            self._refused,
            len(self._waiting),
        )

    def _build(self, client_id, username, password, is_tls, tls):
        from paho.mqtt.client import CallbackAPIVersion, Client

        client = Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=False, manual_ack=True
        )
        client.will_set(self._status, "offline", QOS, retain=True)
        client.reconnect_delay_set(1, LONGEST_RECONNECT_SECONDS)
        if username:
            client.username_pw_set(username, password)
        if is_tls:
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(self, client, _userdata, _flags, reason, _properties):
        self._is_refused = reason.is_failure
        if reason.is_failure:
            self._reason = f"the broker does not let us in: {reason}"
            return
        self._connection += 1
        self._is_verified = self._is_short = False
        # a session may be lost with the broker's disk: it is never taken for granted
        client.subscribe([(topic, QOS) for topic in self._topics])
        client.publish(self._status, "online", QOS, retain=True)

    def _on_connect_fail(self, _client, _userdata):
        self._reason = f"the broker at {self._host}:{self._port} does not answer"

    def _on_disconnect(self, _client, _userdata, _flags, reason, _properties):
        self._is_connected = self._is_verified = False
        if not self._is_refused:
            self._reason = f"the connection was lost: {reason}"

    def _on_subscribe(self, _client, _userdata, _number, reasons, _properties):
        failed = [
            topic for topic, one in zip(self._topics, reasons, strict=False) if one.is_failure
        ]
        self._is_refused, self._is_connected = bool(failed), not failed
        if failed:
            self._reason = f"the broker does not let us hear {', '.join(failed)}"

    def _on_message(self, client, _userdata, message):
        self._received += 1
        if not message.retain:
            self._last_sign = time.monotonic()
            self._is_verified = True
        if len(message.payload) > MOST_BYTES:
            self._refused += 1
            self._reason = (
                f"a message of {len(message.payload)} bytes on {message.topic[:80]}, expected at "
                f"most {MOST_BYTES}"
            )
            client.ack(message.mid, message.qos)
            return
        if len(self._waiting) >= self._most_waiting:
            self._dropped += 1
            self._is_short = True
            return
        now = pd.Timestamp.now(tz="UTC")
        kept = _Message(message.payload, message.topic, now, message.mid, self._connection)
        with self._news:
            self._waiting.append(kept)
            self._news.notify()

    def _settle(self, message):
        self._waiting.popleft()
        # a number counts in its own connection only: in a later one it names another message
        if message.connection == self._connection and message.number:
            self._client.ack(message.number, QOS)
        if self._is_short and not self._waiting:
            self._is_short = False
            self._reconnect()

    def _watch(self):
        is_alarmed, next_attempt = False, 0.0
        while not self._stopped.wait(min(0.1 * self._silent_after, 5.0)):
            link = self.state()
            if link.silent_seconds <= self._silent_after:
                is_alarmed, next_attempt = False, 0.0
                continue
            if not is_alarmed:
                self._raise_alarm(link)
            is_alarmed = True
            if link.state == SILENT and time.monotonic() >= next_attempt:
                next_attempt = time.monotonic() + self._silent_after
                self._reconnect()

    def _raise_alarm(self, link):
        _log.warning("feed %s: nothing came for %.0f s", self.spec.name, link.silent_seconds)
        if self._alarm is None:
            return
        try:
            self._alarm(link)
        except Exception:  # a watchdog must outlive whoever it calls
            _log.exception("feed %s: its alarm failed", self.spec.name)

    def _reconnect(self):
        """Break the connection: the network's thread makes a new one and subscribes again."""
        connection = self._client.socket()
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is gone already


def _address(broker):
    try:
        parts = urlsplit(str(broker))
        port = parts.port or {"mqtt": 1883, "mqtts": 8883}.get(parts.scheme)
    except ValueError:
        parts, port = urlsplit(""), None
    if not parts.hostname or port is None or parts.scheme not in ("mqtt", "mqtts"):
        raise InputError(
            f"broker {str(broker)[:80]!r} is no address, expected mqtt://host:1883 or "
            "mqtts://host:8883; correct it"
        )
    return parts.hostname, port, parts.scheme == "mqtts"
