"""Bytes of a source -> plain dicts and lists, within bounds, whatever was sent."""

import json
import re
import zlib

from twin.errors import InputError

MOST_ELEMENTS = 2_000_000
"""Elements of one answer; the largest that is agreed, a radar grid, has 811,401."""

MOST_RECORDS = 50_000
DEEPEST_NESTING = 60
LONGEST_INTEGER = 300
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""Where an answer may have surrogates: as an escape, or as bytes that are no UTF-8."""

LONE = re.compile("[\ud800-\udfff]")
MARKS = b"\xef\xbb\xbf \t\r\n"
"""A byte order mark and blanks, which some sources put before an answer."""

GZIP = b"\x1f\x8b"
"""How a packed answer begins; some servers pack without saying so."""

OLD_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"'](?:big5|cp950|ms950)", re.IGNORECASE)
"""How an XML begins whose encoding the parser does not know."""

LIST_NAMES = (
    *("records", "data", "d", "result", "responsedata", "value"),
    *("realtimewaterlevel_opendata", "riverstageobservatoryprofile_opendata"),
)
"""Names under which lists of records stand, in small letters, the innermost first."""


OF_A_RECORD = ("time", "date", "lon", "lng")
"""What is in the name of a field of every record: of a reading, or of a station."""


FAILED, ERRORS = ("success", "succeeded", "issuccess"), ("error", "errormessage", "error_message")
"""Names under which a service says that it failed: as false, or in words."""


def read_document(content, spec):
    """An answer in JSON or XML, by its first sign.

    Parameters
    ----------
    content : bytes
        What the source sent.
    spec : twin.feeds.source.SourceSpec
        Names the source in messages and bounds its size.

    Returns
    -------
    object
        As of `read_json`; for XML a dict ``{root tag: as_dict(root)}``.

    Raises
    ------
    InputError
        It is neither, is not whole, or is too large.
    """
    content = plain(content, spec)
    if content.lstrip(MARKS)[:1] == b"<":
        root = read_xml(content, spec)
        return {local_name(root): as_dict(root)}
    return read_json(content, spec)


def plain(content, spec):
    """An answer as it is, unpacked where it is gzip of which no header told.

    Raises
    ------
    InputError
        It is packed and not whole, or too large.
    """
    if not content.startswith(GZIP):
        return content
    stream = zlib.decompressobj(wbits=31)
    try:
        unpacked = stream.decompress(content, spec.max_bytes + 1)
    except zlib.error as error:
        raise InputError(
            f"the answer of {spec.name} is no whole gzip ({error}), expected a whole answer; "
            "fetch it again"
        ) from None
    if not stream.eof and len(unpacked) <= spec.max_bytes:
        raise InputError(
            f"the answer of {spec.name} is gzip that ends early, expected a whole answer; fetch "
            "it again"
        )
    return unpacked


def read_json(content, spec):
    """Dicts and lists of a JSON answer.

    Half a pair of surrogates, which no file takes, becomes U+FFFD; an integer of more than
    `LONGEST_INTEGER` digits stays a text.

    Raises
    ------
    InputError
        It is no JSON, is not whole, or is larger or deeper than any agreed answer.
    """
    content = plain(content, spec)
    _bound(content, spec, sum(content.count(sign) for sign in (b",", b"{", b"[")))
    try:
        document = json.loads(content, parse_int=_integer)
        if SURROGATE.search(content):
            text = json.dumps(document, ensure_ascii=False)
            document = json.loads(LONE.sub("\ufffd", text), parse_int=_integer)
        return document
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the answer of {spec.name} is no JSON ({str(error)[:80]!r}), expected a whole "
            "answer; fetch it again"
        ) from None


def read_xml(content, spec):
    """Root element of an XML answer; entities and document types are refused.

    Raises
    ------
    InputError
        It is no XML, is not whole, is too large, declares entities, or is a web page.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    content = plain(content, spec)
    _bound(content, spec, content.count(b"<"))
    try:
        content = content.lstrip(MARKS)
        content = as_text(content) if OLD_ENCODING.match(content) else content
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(
            f"the answer of {spec.name} is no plain XML ({str(error)[:80]!r}), expected a whole "
            "answer without a document type; fetch it again"
        ) from None
    if local_name(root).lower() == "html":
        raise InputError(
            f"the answer of {spec.name} is a web page, expected its data; look at the raw payload"
        )
    return root


def as_text(content, errors="strict"):
    """Text of bytes in UTF-8, in UTF-16 with its mark, or in Big5 as older systems in Taiwan write.

    Parameters
    ----------
    content : bytes
    errors : str
        As of `bytes.decode`, for what is none of them.
    """
    first = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for encoding in (first, "cp950"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8-sig", errors)


def as_dict(element, attributes=False, depth=0):
    """An XML element as the JSON of the same feed has it.

    Repeated tags become a list, an element without children its text; namespaces are left out.

    Parameters
    ----------
    element : xml.etree.ElementTree.Element
    attributes : bool
        Whether they are kept, as ``"@name"``, with the text beside them as ``"#text"``.
    depth : int
        How deep the element lies.

    Raises
    ------
    InputError
        It is nested more than `DEEPEST_NESTING` deep.
    """
    if depth > DEEPEST_NESTING:
        raise InputError(
            f"an XML answer nests more than {DEEPEST_NESTING} elements, expected fewer; it is "
            "not what this source sends"
        )
    text = (element.text or "").strip()
    named = {f"@{name}": value for name, value in element.attrib.items()} if attributes else {}
    if len(element) == 0:
        return named | {"#text": text} if named else text
    found = {}
    for child in element:
        found.setdefault(local_name(child), []).append(as_dict(child, attributes, depth + 1))
    children = {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    return named | children


def local_name(element):
    """Tag of an XML element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def under(holder, name):
    """What stands under a name, whatever its case; None where nothing does.

    Examples
    --------
    >>> under({"Records": 1}, "records"), under(None, "records")
    (1, None)
    """
    if not isinstance(holder, dict):
        return None
    return holder[name] if name in holder else lower_keys(holder).get(name.lower())


def part(holder, name):
    """The dict under a name, whatever its case, or an empty one where there is none.

    Examples
    --------
    >>> part({"records": None}, "records")
    {}
    """
    found = under(holder, name)
    return found if isinstance(found, dict) else {}


def as_list(entries):
    """The dicts in what may be a list, a single dict, or nothing at all.

    Converters from XML write a list of one as its only entry.

    Examples
    --------
    >>> as_list({"id": 1}), as_list(None), as_list([{"id": 1}, "x"])
    ([{'id': 1}], [], [{'id': 1}])
    """
    entries = entries if isinstance(entries, list) else [entries]
    return [entry for entry in entries if isinstance(entry, dict)]


def lower_keys(entry):
    """The same dict with its names in small letters: feeds change case without notice."""
    return {str(name).lower(): value for name, value in entry.items()}


def find_records(document, spec):
    """The records of an answer, whatever they are wrapped in, their names in small letters.

    Parameters
    ----------
    document : object
        A list of records, or dicts around it: ``{"Data": [...]}``, ``{"d": {"Data": [...]}}``,
        ``{"result": {"fields": [...], "records": [...]}}``. What stands under the name may be
        JSON itself, as ASMX services write it, a single record, or null for none.
    spec : twin.feeds.source.SourceSpec
        For the message.

    Raises
    ------
    InputError
        There is no such list.
    """
    for _ in range(4):
        if isinstance(document, list):
            return [lower_keys(entry) for entry in require_records(document, spec)]
        if isinstance(document, str):
            document = read_json(document.encode(), spec)
            continue
        inside = lower_keys(document) if isinstance(document, dict) else {}
        name = next((name for name in LIST_NAMES if name in inside), None)
        if name is None:
            break
        document = inside[name]
        if document in (None, []):
            _require_success(inside, spec)
            return []
        if is_record(document):
            document = [document]
    came = ", ".join(map(str, document))[:80] if isinstance(document, dict) else ""
    raise InputError(
        f"the answer of {spec.name} holds no list of records{came and f' but {came!r}'}, expected "
        f"a list or an object with one of {', '.join(LIST_NAMES)}; look at the raw payload (an "
        "adapter takes a list under another name with payload.under)"
    )


def _require_success(answer, spec):
    """An answer that says itself that it failed does not say that there is nothing."""
    failed = [name for name in FAILED if str(answer.get(name)).strip().lower() == "false"]
    told = [name for name in ERRORS if isinstance(answer.get(name), str) and answer[name].strip()]
    if failed or told:
        said = ", ".join(f"{name}: {str(answer[name])[:60]}" for name in failed + told)
        raise InputError(
            f"the answer of {spec.name} has no records and says {said!r}, expected records or a "
            "plain empty list; look at the raw payload"
        )


def is_record(entry):
    """Whether a dict in the place of a list is its only record, and no list in one more wrapper.

    Converters from XML write a list of one so. A record is of a time or of a place; the words of
    a service that something went wrong are neither.

    Examples
    --------
    >>> is_record({"id": 1, "Time": "2026-07-12"}), is_record({"message": "no such key"})
    (True, False)
    """
    names = lower_keys(entry) if isinstance(entry, dict) else {}
    is_wrapper = any(
        name in names if name in LIST_NAMES[:3] else isinstance(names.get(name), list | dict)
        for name in LIST_NAMES
    )
    return not is_wrapper and any(sign in name for name in names for sign in OF_A_RECORD)


def require_records(entries, spec):
    """The records in a list or a single one; something else in their place is no empty list.

    Raises
    ------
    InputError
        There are entries and none is a record, or more than `MOST_RECORDS`.
    """
    found = as_list(entries)
    if not found and entries not in (None, "", [], {}):
        raise InputError(
            f"the answer of {spec.name} has {str(entries)[:40]!r} in place of its records, "
            "expected objects; fetch it again"
        )
    if len(found) > MOST_RECORDS:
        raise InputError(
            f"the answer of {spec.name} has {len(found)} records, expected at most "
            f"{MOST_RECORDS}; ask for less at a time"
        )
    return found


def unknown_names(entries, known):
    """Names in the entries that are not known: how a source says that it has changed.

    Parameters
    ----------
    entries : iterable of dict
    known : collection of str
        In small letters.

    Returns
    -------
    list of str
    """
    names = {str(name) for entry in entries for name in entry}
    return sorted(name for name in names if name.lower() not in known)[:50]


def _integer(digits):
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits


def _bound(content, spec, elements):
    if len(content) > spec.max_bytes:
        raise InputError(
            f"the answer of {spec.name} has {len(content)} bytes, expected at most "
            f"{spec.max_bytes}; ask for less at a time"
        )
    if elements > MOST_ELEMENTS:
        raise InputError(
            f"the answer of {spec.name} has about {elements} elements, expected at most "
            f"{MOST_ELEMENTS}; ask for less at a time"
        )
