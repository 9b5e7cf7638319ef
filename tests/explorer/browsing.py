"""A headless Chromium that notices what a page must not do: ask other hosts, break its policy, run foreign code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.docs.markdown import ROOT
from tests.scripts.loading import load_script

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = {"serious", "critical"}
DESKTOP, PHONE = (1280, 900), (360, 740)
READY = "main:not([aria-busy]) h1"
DONE = 30_000
"""Milliseconds within which something must have happened on a busy machine."""

WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
  window.violations.push([violatedDirective, blockedURI, sample].join(" ")));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, ended with all its processes."""
    path = load_script("get_chromium.py").find_chromium()
    assert path is not None, "run `python scripts/get_chromium.py`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """Somebody who looks at the page.

    Attributes:
        page: of the browser.
        url: of the server.
        allowed: parts of the browser's own remarks on failed requests that are meant to fail.
        faults: what the page did that it must not.
    """

    page: Page
    url: str
    allowed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Notice faults from now on."""
        self.page.set_default_timeout(DONE)
        expect.set_options(timeout=DONE)
        self.page.add_init_script(WATCH)
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))

    def open(self, path: str) -> Page:
        """Go to an address and wait for its view."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector(READY)
        return self.page

    def check(self) -> None:
        """The page did nothing that it must not."""
        self.faults += self.page.evaluate("window.violations")
        assert self.page.evaluate("window.pwned") is None, "foreign text ran as code"
        assert self.faults == []

    def path(self) -> str:
        """Where one is."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def is_wider_than_the_screen(self) -> bool:
        """Whether one would have to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def check_access(self) -> None:
        """Axe finds nothing that it calls serious or critical."""
        self.page.evaluate(_axe())
        found: dict[str, Any] = self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)
        assert len(found["passes"]) > 15, "axe has not looked at the page"
        findings = [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]
        assert not findings, "\n\n".join(findings)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:")):
            self.faults.append(f"request: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        meant = "Failed to load resource" in message.text and any(part in message.text for part in self.allowed)
        if message.type in ("error", "warning") and not meant:
            self.faults.append(f"console: {message.text}")


@cache
def _axe() -> str:
    return Path(AXE).read_text()


@contextmanager
def visiting(
    browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, scheme: str = "light", **options: object
) -> Iterator[Visit]:
    """Somebody who looks at the page of a server, and has nothing to complain of at the end."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        timezone_id="Europe/Vienna",
        **options,
    )
    try:
        visit = Visit(context.new_page(), url)
        visit.watch()
        yield visit
        visit.check()
    finally:
        context.close()
