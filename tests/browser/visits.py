"""Visits to pages, as people and their tools make them, in a Chromium that asks nobody for anything.

A visit records what the page logs and every request it makes. At its end there must have been
nothing but the request for the file itself, and not a word on the console.
"""

import contextlib
import pathlib
import tempfile

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

# Chromium's own business, which is none of the page's.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A machine that is busy compiling takes its time.
PATIENCE = 120_000


@contextlib.contextmanager
def browser(chromium, shots):
    """A browser with a profile of its own, which is gone afterwards. Screenshots go to `shots`."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=str(chromium),
            headless=True,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        context.set_default_timeout(PATIENCE)
        try:
            yield Browser(context, shots)
        finally:
            context.close()


class Browser:
    """Where visits are made from."""

    def __init__(self, context, shots):
        self.context = context
        self.shots = shots

    @contextlib.contextmanager
    def visit(self, file, fragment="", scheme="light", size=(1440, 900)):
        """Opens a file, and looks at its end whether it kept to itself."""
        address = pathlib.Path(file).resolve().as_uri()
        page = self.context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        said, asked = [], []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + fragment)
        try:
            yield page
        finally:
            page.close()
            others = [url for url in asked if url.split("#")[0] != address]
            assert not others, f"{address} asked for {others}"
            assert not said, f"{address} said {said}"

    def shot(self, page, name):
        """Keeps what is to be seen."""
        self.shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=self.shots / f"{name}.png")


def accessible(page, what):
    """axe finds nothing."""
    found = Axe().run(page).response["violations"]
    told = [
        f"{rule['id']}: {rule['help']}: " + ", ".join(str(node["target"]) for node in rule["nodes"][:5])
        for rule in found
    ]
    assert not told, f"{what} is not for everybody:\n" + "\n".join(told)
