"""Encodings of East Asia that an XML parser does not know: Big5, Shift JIS, GB, EUC."""

import codecs
import re

_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")
_NAMES = "big5 big5hkscs cp950 shift_jis cp932 euc_jp gb2312 gbk gb18030 euc_kr cp949"
_KNOWN = frozenset(codecs.lookup(name).name for name in _NAMES.split())


def in_utf8(chunks):
    """Bytes of an XML file in UTF-8, where its first line names one of these encodings.

    Parameters
    ----------
    chunks : iterable of bytes
        The first holds the declaration.

    Yields
    ------
    bytes
        Others as they came.

    Raises
    ------
    UnicodeDecodeError
        Bytes that are no character of the encoding.
    """
    decoder = None
    for number, chunk in enumerate(chunks):
        if number == 0:
            decoder, chunk = _decoder_of(chunk.lstrip(b" \t\r\n"))
        yield chunk if decoder is None else decoder.decode(chunk).encode()


def _decoder_of(chunk):
    """Decoder for what a file declares, or None; its first bytes without the declaration."""
    found = _DECLARED.match(chunk)
    try:
        name = codecs.lookup(found[1].decode()).name if found else ""
    except LookupError:
        name = ""
    if name not in _KNOWN:
        return None, chunk
    named = chunk[: found.start(1)] + b"UTF-8" + chunk[found.end(1) :]
    return codecs.getincrementaldecoder(name)(), named
