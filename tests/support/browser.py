"""A real Chromium: pages are visited in it, and what none of ours may do there fails the test.

A visit records what breaks the page's Content-Security-Policy, errors on its console and in its scripts,
and requests to any other host but those that are allowed.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.support.process import TIMEOUT_SECONDS
from tests.support.programs import require

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".tools/node_modules/axe-core/axe.min.js"
WIDE, NARROW = (1440, 900), (360, 740)
"""The sizes in which every page must be usable, in CSS pixels."""

_WITHOUT = (
    # The address bar's suggestions: two pages of Chromium's own in each new window, which cost more than
    # one of ours, and nobody types there.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    # What Playwright goes without here, once more: only the last list counts.
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"),
    *("PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)
_FLAGS = (
    "--no-sandbox",  # tests run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_WITHOUT)}",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_TOLD = "policy violated:"
_TELL_VIOLATIONS = f"""
document.addEventListener("securitypolicyviolation", (event) => {{
  console.error("{_TOLD}", event.effectiveDirective, event.blockedURI, event.sample, event.sourceFile);
}});
"""
_LOCAL_SCHEMES = frozenset({"about", "blob", "data"})
_REFUSED = "Failed to load resource: the server responded with a status of 4"
"""Chromium says so of every such answer; from the API they are what a test may be about."""
_API = "/api/"

_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_LOOK = """
async ({without, tags}) => {
  const rules = Object.fromEntries(without.map((rule) => [rule, {enabled: false}]));
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, rules});
  const place = (node) => node.target.flat().join(" ");
  return found.violations.map((each) => [each.id, each.impact, each.nodes.map(place)]);
}
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, with a profile of its own and no way to any other machine."""
    program = require("chromium", shutil.which("chromium"))
    expect.set_options(timeout=TIMEOUT_SECONDS * 1000)  # not 5: a machine may be busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(
    browser: Browser,
    origin: str,
    *,
    others: Collection[str] = (),
    size: tuple[int, int] = WIDE,
    colours: Literal["light", "dark"] = "light",
) -> Iterator[Page]:
    """A new page whose addresses are relative to `origin`, for as long as the block runs.

    `others` are origins beside that it may ask. Raises `AssertionError` at the end for all that it did and
    no page of ours may do.
    """
    width, height = size
    context = browser.new_context(
        base_url=origin,
        viewport={"width": width, "height": height},
        color_scheme=colours,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    try:
        context.add_init_script(_TELL_VIOLATIONS)
        faults = _recorded(context, {origin, *others})
        yield context.new_page()
        if faults:
            raise AssertionError("\n".join(faults))
    finally:
        context.close()


def violations(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, weight, elements. Not the rules `without`."""
    page.evaluate(Path(require("axe-core (make tools)", _axe())).read_text())
    found: list[Any] = page.evaluate(_LOOK, {"without": list(without), "tags": list(_TAGS)})
    return [f"{rule} ({impact}): {', '.join(targets)}" for rule, impact, targets in found]


def _axe() -> str | None:
    return str(AXE) if AXE.exists() else None


def _recorded(context: BrowserContext, allowed: Collection[str]) -> list[str]:
    """The faults of all pages of the context, from now on."""
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        expected = message.text.startswith(_REFUSED) and urlsplit(place).path.startswith(_API)
        if (message.type == "error" or _TOLD in message.text) and not expected:
            faults.append(f"console: {message.text} ({place})")

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _LOCAL_SCHEMES and f"{parts.scheme}://{parts.netloc}" not in allowed:
            faults.append(f"asked elsewhere: {url}")

    context.on("console", heard)
    context.on("weberror", lambda error: faults.append(f"script: {error.error}"))
    context.on("request", lambda request: asked(request.url))
    return faults
