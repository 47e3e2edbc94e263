"""Warnings in the Common Alerting Protocol: Taiwan's NCDR, its feed and the messages behind it."""

import json
import re

from twin.errors import InputError, TwinError
from twin.feeds.official_warnings import parsed_warnings
from twin.feeds.payload import (
    MARKS,
    as_dict,
    as_list,
    local_name,
    lower_keys,
    part,
    plain,
    read_json,
    read_xml,
    require_records,
    under,
)
from twin.feeds.source import WARNINGS, Adapter, SourceSpec
from twin.feeds.times import read_time

SPEC = SourceSpec(
    name="ncdr_cap",
    title="Flood warnings in force, National Science and Technology Center for Disaster Reduction",
    owner="National Science and Technology Center for Disaster Reduction (NCDR), Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url="https://alerts.ncdr.nat.gov.tw/JSONAtomFeed.ashx?AlertType=8",
    other_hosts=("b-alertsline.cdn.hinet.net",),  # where the messages themselves lie
    cadence_seconds=60.0,
    warn_minutes=5.0,
    critical_minutes=15.0,
    timezone="Asia/Taipei",
    units={},
    gross_range={},
    kind=WARNINGS,
    evidence="payload",
)

LANGUAGES = ("zh-tw", "zh-hant", "zh", "")
"""Which of several languages is kept, best first; else the first that was sent."""

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MESSAGE_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
LEVEL_NAMES = ("severity_level", "alert_level")
CHINESE_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4}
WRAPPERS = ("alerts", "alert", "entry", "result", "data")
"""Names under which messages or entries stand."""

FEED = ("feed", "updated")
"""Names by which a feed is known that has no entry."""

FLAT = {"event", "headline", "areaDesc", "expires"}
"""Fields of `info` that some feeds write into their entries."""

MOST_MESSAGES = 100
"""Messages that are fetched for one feed."""


def read(content, received):
    """Warnings in a CAP message, in a feed of them, or in what `gather` put together.

    Parameters
    ----------
    content : bytes
        XML (``alert``, ``alerts``, an Atom ``feed``) or JSON of the same.
    received : pandas.Timestamp
        When it came in.

    Returns
    -------
    Parsed
        One row of `Parsed.warnings` for each message and `info` block, in one language. An
        expired warning is given too, with its end: `twin.feeds.official_warnings.in_force`
        says which hold.

    Raises
    ------
    InputError
        It is neither CAP nor a feed.

    Notes
    -----
    OASIS Common Alerting Protocol 1.2 with the profile CAP-TWP.
    """
    rows = [row for alert in _alerts(_document(content)) for row in _rows(alert)]
    return parsed_warnings(rows, SPEC, received)


def gather(get):
    """The feed with those messages that its entries name and that have not expired.

    Parameters
    ----------
    get : callable
        ``get(url) -> bytes``.

    Returns
    -------
    bytes
        JSON for `read`. A message that cannot be had is left out: its entry in the feed stands
        in for it.
    """
    feed = _document(get(SPEC.url))
    entries = as_list(under(feed, "entry"))
    now = read_time(feed.get("updated"), SPEC.timezone)
    messages = []
    for entry in entries:
        expires, url = read_time(entry.get("expires"), SPEC.timezone), _link(entry)
        is_over = expires < now
        if is_over or not url.startswith("https://") or len(messages) >= MOST_MESSAGES:
            continue
        try:
            messages.append(_document(get(url)))
        except TwinError:
            continue
    return json.dumps({"feed": feed, "alerts": messages}, ensure_ascii=False).encode()


def _document(content):
    """Any of the forms as dicts; XML with its attributes, as NCDR's own JSON has them."""
    content = plain(content, SPEC)
    if content.lstrip(MARKS)[:1] != b"<":
        document = read_json(content, SPEC)
        if isinstance(document, list):
            return {"alerts": document}
        inside = part(document, "alerts")  # as a converter from XML writes them
        return document | {"alerts": inside["alert"]} if set(inside) == {"alert"} else document
    root = read_xml(content, SPEC)
    kind = local_name(root)
    if kind not in ("alert", "alerts", "feed"):
        raise InputError(f"the warnings begin with <{kind}>, expected <alert>, <alerts> or <feed>")
    document = as_dict(root, attributes=kind == "feed")
    if kind == "feed":
        return document
    found = [document] if kind == "alert" else document.get("alert") if document else []
    return {"alerts": found}


def _alerts(document):
    """Messages in CAP's own names, each once; a whole message goes before its feed entry."""
    if isinstance(document, dict) and "identifier" in document:
        return [document]
    if not isinstance(document, dict) or not {*WRAPPERS, *FEED} & set(lower_keys(document)):
        raise InputError(
            "the answer holds no warnings, expected a CAP alert, a list of alerts, or a feed with "
            "entries"
        )
    feed = under(part(document, "feed"), "entry")
    lists = [feed, *(under(document, name) for name in WRAPPERS)]
    found = [entry for entries in lists for entry in require_records(entries, SPEC)]
    messages = [alert for entry in found for alert in _unwrapped(entry)]
    whole = [message for message in messages if _is_whole(message)]
    seen = {_plain(message.get("identifier")) for message in whole}
    entries = [_from_entry(message) for message in messages if not _is_whole(message)]
    return whole + [entry for entry in entries if _plain(entry["identifier"]) not in seen]


def _is_whole(message):
    return "info" in message or ("msgType" in message and not FLAT & set(message))


def _unwrapped(entry):
    """The messages inside of a wrapper; an entry of a feed may hold a whole one."""
    if "alerts" in entry:
        return as_list(entry["alerts"])
    inside = part(entry, "alert") or part(part(entry, "content"), "alert")
    return [inside or entry]


def _from_entry(entry):
    """An entry of a feed as a message: as far as it goes."""
    title = _plain(entry.get("title"))
    says = f"{title} {_plain(entry.get('summary'))}"
    is_drill = re.search(r"測試|演練|演習|\btest\b|\bexercise\b", says, re.IGNORECASE)
    info = {
        "event": entry.get("event") or _term(entry) or entry.get("capCode") or title,
        "headline": entry.get("headline") or title or entry.get("description"),
        "area": {name: entry[name] for name in ("areaDesc", "geocode") if name in entry},
    }
    names = ("effective", "expires", "severity", "language", "parameter")
    return {
        "identifier": entry.get("identifier") or entry.get("id") or entry.get("capid"),
        "sent": entry.get("sent") or entry.get("updated") or entry.get("effective"),
        "status": entry.get("status") or ("Exercise" if is_drill else "Actual"),
        "msgType": entry.get("msgType") or "Alert",
        "references": entry.get("references"),
        "info": info | {name: entry[name] for name in names if name in entry},
    }


def _term(entry):
    return next((one.get("@term") for one in as_list(entry.get("category"))), None)


def _link(entry):
    """Address of the message behind an entry."""
    links = as_list(entry.get("link"))
    addresses = [str(link.get("@href") or link.get("href") or "") for link in links]
    return next((address for address in addresses if address), "")


def _rows(alert):
    for info in _one_language(as_list(alert.get("info"))) or [{}]:
        areas = as_list(info.get("area"))
        geocodes = [code for area in areas for code in as_list(area.get("geocode"))]
        yield {
            "identifier": _plain(alert.get("identifier")),
            "message_type": _one_of(alert.get("msgType"), MESSAGE_TYPES),
            "status": _one_of(alert.get("status"), STATUSES),
            "event": _plain(info.get("event")),
            "severity": _plain(info.get("severity")),
            "level": _level(info),
            "area": "、".join(_plain(area.get("areaDesc")) for area in areas),
            "geocodes": " ".join(_plain(code.get("value")) for code in geocodes),
            "headline": _plain(info.get("headline")),
            "language": _plain(info.get("language")),
            "references": _plain(alert.get("references")),
            "sent": _plain(alert.get("sent")),
            "effective": _plain(info.get("effective")),
            "expires": _plain(info.get("expires")),
        }


def _one_language(infos):
    """Those `info` blocks that are in the best language; several may differ in their areas."""
    spoken = [_plain(info.get("language")).lower() for info in infos]
    best = next((language for language in LANGUAGES if language in spoken), (spoken or [""])[0])
    return [info for info, language in zip(infos, spoken, strict=True) if language == best]


def _level(info):
    """Level of the warning, 1 the most severe: 一級 (first) goes before 二級 (second)."""
    for entry in as_list(info.get("parameter")):
        if _plain(entry.get("valueName")) in LEVEL_NAMES:
            match = re.search(r"([一二三四]|\d)\s*級?", _plain(entry.get("value")))
            return CHINESE_DIGITS.get(match[1], match[1]) if match else None
    return None


def _one_of(sent, known):
    """The word in the protocol's own spelling; what is not known stays, and so never holds."""
    text = _plain(sent)
    return next((word for word in known if word.lower() == text.lower()), text)


def _plain(sent):
    """Text of a value; converters from XML put it beside its attributes."""
    sent = sent.get("#text") if isinstance(sent, dict) else sent
    return "" if sent is None or isinstance(sent, list) else str(sent).strip()


ADAPTER = Adapter(SPEC, read, gather)
