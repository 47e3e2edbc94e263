"""A visit to the scene in three dimensions, in a headless Chromium."""

import io
import time
import urllib.error
import urllib.request

import numpy as np
from browser import Visit
from PIL import Image

OVERLAYS = """(visibility) => {
    const over =
        ".scene-marks, .scene-legend, .corner, .crosshair, #card, #swipe, #swipe-sides";
    for (const element of document.querySelectorAll(over)) element.style.visibility = visibility;
    // The frame of the keyboard's focus is no part of the picture either.
    document.querySelector(".scene-canvas").style.outline = visibility ? "none" : "";
}"""


def wait_for_tiles(url):
    """Ask until the service has made the tiles of a city."""
    end = time.monotonic() + 300
    while True:
        try:
            return urllib.request.urlopen(url, timeout=20).close()
        except urllib.error.HTTPError as error:
            assert error.code == 503
            assert time.monotonic() < end
            time.sleep(float(error.headers["Retry-After"]))


class Solid(Visit):
    """A visit to the scene."""

    def __init__(self, browser, address, **options):
        super().__init__(browser, f"{address}/?view=3d", **options)

    def built(self):
        """Wait until all buildings are there, and what comes after the first picture too."""
        self.ready()
        self.until("Object.keys(window.floodtwin.scene.places()).length > 200")
        self.rest()
        return self

    def rest(self):
        """Wait until nothing is drawn any more, also where one picture takes a second."""
        drawn, since = -1, time.monotonic()
        while time.monotonic() - since < 1.2:
            self.page.wait_for_timeout(200)
            now = self.page.evaluate("window.floodtwin.scene.framesDrawn()")
            if now != drawn:
                drawn, since = now, time.monotonic()

    def picture(self):
        """The canvas without the marks on it, rows of RGB."""
        self.rest()
        self.page.evaluate(OVERLAYS, "hidden")
        shot = self.page.screenshot(clip=self.page.locator(".scene-canvas").bounding_box())
        self.page.evaluate(OVERLAYS, "")
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

    def click(self, row):
        """Click the highest corner of a building; its row."""
        box = self.page.locator(".scene-canvas").bounding_box()
        x, y = self.page.evaluate(f"window.floodtwin.scene.places()[{row}]")
        self.page.mouse.click(box["x"] + x, box["y"] + y + 2)
