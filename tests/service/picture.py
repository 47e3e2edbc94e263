"""Make the picture of the dashboard in the README: `make picture`."""

import json
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.service.browser import CHROMIUM, FLAGS

TARGET = Path("service/picture.png")


def main(data, clock):
    """Serve a data folder, open the page and keep what it shows."""
    words = ["--data", data, "--port", "0", "--clock", clock, "--json"]
    server = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "serve", *words], stdout=subprocess.PIPE, text=True
    )
    try:
        address = json.loads(server.stdout.readline())["url"]
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(address)
            page.wait_for_selector("body[data-ready=true]")
            page.locator("input[type=range]").fill("9")
            page.wait_for_timeout(2000)
            page.screenshot(path=TARGET)
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
