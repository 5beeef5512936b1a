"""What tests of the console do with its pages: look at each in every way, and speak to the API beside."""

from typing import Any, Literal

from playwright.sync_api import Page

from tests.support.browser import NARROW, WIDE, violations

_LOOKS: tuple[tuple[tuple[int, int], Literal["light", "dark"]], ...] = (
    (WIDE, "light"),
    (NARROW, "dark"),
)


def faults_in_every_look(page: Page) -> list[str]:
    """What axe finds, and what is wider than the window, at both sizes, one in light and one in dark."""
    found: list[str] = []
    before = page.viewport_size
    for (width, height), colours in _LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=colours)
        found += [f"{width} {colours}: {each}" for each in violations(page)]
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{width} {colours}: {beyond} pixels too wide"] if beyond > 0 else []
    if before is not None:
        page.set_viewport_size(before)
    page.emulate_media(color_scheme="light")
    return found


def asked(page: Page, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of the API's answer to a request beside the page."""
    answer = page.request.fetch(path, method=method, data=body, headers=headers, fail_on_status_code=True)
    return None if answer.status == 204 else answer.json()
