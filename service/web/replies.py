"""How bytes leave the service: with a tag, and with how long they may be kept."""

import gzip
import hashlib

from fastapi import Request, Response
from fastapi.responses import FileResponse

from service.run_pointers import CURRENT, POINTER

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
NEVER = "no-store"

PNG = "image/png"
MVT = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"
BINARY = "application/octet-stream"


def media(kind, what):
    """OpenAPI entry of a route that answers with bytes of one media type."""
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": what, "content": {kind: {"schema": schema}}}}


def keeping(run_id, clock=None):
    """How long what belongs to a run may be kept: for ever, unless asked for by a pointer.

    What carries the mark of a set `clock` is not kept, or it would be shown as real later.
    """
    if clock is not None and clock.is_set:
        return NEVER
    return REVALIDATE if run_id in (POINTER, CURRENT) else IMMUTABLE


def reply_packed(request: Request, packed, kind, keep):
    """As `reply`, with a body that is packed by gzip already; unpacked for whom cannot read it.

    Parameters
    ----------
    request : fastapi.Request
    packed : bytes
        gzip, or empty.
    kind, keep : str
        As for `reply`.
    """
    if packed and "gzip" in request.headers.get("accept-encoding", ""):
        answer = reply(request, packed, kind, keep)
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer = reply(request, gzip.decompress(packed) if packed else b"", kind, keep)
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def reply(request: Request, body, kind, keep):
    """Answer with bytes, or with 304 when the asker has them already.

    Parameters
    ----------
    request : fastapi.Request
        Read for its ``If-None-Match``.
    body : bytes
        What to send.
    kind : str
        Media type.
    keep : str
        Value of ``Cache-Control``.

    Returns
    -------
    fastapi.Response
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": keep}
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def reply_file(request: Request, path, kind, keep):
    """As `reply`, with a file that may be asked for in parts; its tag is that of size and time."""
    answer = FileResponse(
        path, media_type=kind, stat_result=path.stat(), headers={"Cache-Control": keep}
    )
    if _has(request, answer.headers["etag"]):
        headers = {"ETag": answer.headers["etag"], "Cache-Control": keep}
        return Response(status_code=304, headers=headers)
    return answer


def _has(request, tag):
    """Whether the asker has what a tag names."""
    known = request.headers.get("if-none-match", "")
    return tag in (part.strip().removeprefix("W/") for part in known.split(","))
