"""The built dashboard as files: compressed when it was built, kept by its hash."""

import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles

from service.web.replies import IMMUTABLE, REVALIDATE

mimetypes.add_type("text/javascript", ".js")  # some machines say text/plain, which is refused


class Page(StaticFiles):
    """Files of the page: hashed ones may be kept for ever, the rest is asked for anew."""

    def file_response(self, full_path, stat_result, scope, status_code=200):
        """Answer with a file, or with its twin ``.gz`` that the build made."""
        path = Path(full_path)
        small = path.with_name(path.name + ".gz")
        wanted = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if wanted and small.is_file():
            response = super().file_response(small, small.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Type"] = mimetypes.guess_type(path.name)[0] or ""
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = (
            IMMUTABLE if path.parent.name == "assets" else REVALIDATE
        )
        return response
