"""What tests of the console do with its pages: look at each in every way, and speak to the API beside."""

from itertools import product
from typing import Any, Literal

from playwright.sync_api import Page

from tests.support.browser import NARROW, WIDE, violations

_SIZES = (WIDE, NARROW)
_COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def faults_in_every_look(page: Page) -> list[str]:
    """What axe finds, and what is wider than the window, at both sizes, in light and in dark."""
    found: list[str] = []
    before = page.viewport_size
    for (width, height), colours in product(_SIZES, _COLOURS):
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
