"""A headless Chromium that looks at the page as people do."""

import os
import time
from pathlib import Path

import pytest

CHROMIUM = Path(os.environ.get("FLOODTWIN_CHROMIUM", "/usr/bin/chromium"))
PAGE = Path(__file__).resolve().parents[2] / "service" / "static" / "index.html"
# Software rendering on purpose: it is there on every machine, and the slowest one.
FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
]


STILL_LOOKS = 5
AT_REST = """() => {
    const { map } = window.floodtwin, { lng, lat } = map.getCenter();
    const rests = !map.isMoving() && map.areTilesLoaded() && map.loaded();
    return [rests, lng, lat, map.getZoom(), map.getPitch(), map.getBearing()];
}"""
"""Whether the map rests, and what it looks at."""


@pytest.fixture(scope="session")
def browser():
    """Chromium; without it, or without the built page, the tests skip (in CI they fail)."""
    _need(CHROMIUM.is_file(), f"Chromium is not at {CHROMIUM} (apt-get install chromium)")
    _need(PAGE.is_file(), "the page is not built (npm ci && npm run build in service/dashboard)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


def _need(there, reason):
    if there:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must run the tests in a browser")
    pytest.skip(reason)


class Visit:
    """One page in a window of its own, with all that it asked for and complained about.

    Parameters
    ----------
    browser : playwright Browser
        Where to open it.
    address : str
        What to open.
    size : tuple of int
        Width and height of the window.
    language : str
        Of the browser.
    """

    def __init__(self, browser, address, size=(1280, 720), language="en-GB"):
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            timezone_id="Asia/Taipei",
        )
        self.page = self.context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(address)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def ready(self):
        """Wait until base map and first picture are drawn; the page's own clock [ms]."""
        self.page.wait_for_selector("body[data-ready=true]", timeout=180_000)
        return self.page.evaluate("window.floodtwin.readyMilliseconds")

    def until(self, expression):
        """Wait until an expression of the page is true."""
        # The page forbids eval, and with it the waiting of playwright itself.
        end = time.monotonic() + 120
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never came true: {expression}"
            self.page.wait_for_timeout(50)

    def still(self):
        """Wait until the map has come to rest and has drawn all that it shows."""
        seen = []
        end = time.monotonic() + 120
        while len(seen) < STILL_LOOKS or len(set(seen[-STILL_LOOKS:])) > 1 or not seen[-1][0]:
            assert time.monotonic() < end, "the map never came to rest"
            self.page.wait_for_timeout(100)
            seen.append(tuple(self.page.evaluate(AT_REST)))

    def text(self, selector):
        """What an element says."""
        return self.page.inner_text(selector)

    def slide(self, index):
        """Move the slider as a hand would, wait until the step is drawn; how long [ms]."""
        return self.page.evaluate(
            """async (index) => {
                const steps = window.floodtwin.stepMilliseconds;
                const before = steps.length;
                const slider = document.getElementById("slider");
                slider.value = index;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                while (steps.length === before) await new Promise((go) => setTimeout(go, 5));
                return steps.at(-1);
            }""",
            index,
        )

    def map_pixels(self):
        """What the map shows, as rows of RGB, taken from a real screenshot."""
        import io

        import numpy as np
        from PIL import Image

        shot = self.page.locator("#map canvas").first.screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

    def centre(self):
        """Longitude, latitude and zoom of the map."""
        return self.page.evaluate(
            "(({map}) => [map.getCenter().lng, map.getCenter().lat, map.getZoom()])"
            "(window.floodtwin)"
        )
