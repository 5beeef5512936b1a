"""The page of the API's documentation, in a browser: it shows, tries, and lets nothing else happen."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import NARROW, violations, visiting
from tests.support.issuer import AUDIENCE, issuing
from tests.support.process import Server, serving

HOSTILE = "<img src=x onerror=alert(1)>![x](https://elsewhere.example/x.png)<script>alert(2)</script>"
DECLARED = f'''
from typing import Annotated

from msgspec import Meta, Struct

from estuary import Resource

class Thing(Struct, frozen=True):
    """{HOSTILE}"""

    name: Annotated[str, Meta(min_length=1, max_length=50, description={HOSTILE!r}, title={HOSTILE!r})]
    form: Annotated[str, Meta(max_length=100, examples=[{HOSTILE!r}])] = {HOSTILE!r}

THINGS = Resource("things", Thing)
'''
SWAGGER_UI_S_OWN = [
    "nested-interactive",  # a link to the operation stands in the button that opens it
    "heading-order",  # an operation's heading is of the third level, below one of the first
    "region",  # no landmark holds the document's title, or the dialogue
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A service of things that asks for a token, in the strict mode, and such a token."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "declared.py").write_text(DECLARED)
    with issuing() as issuer:
        variables = {
            "RESOURCES": "declared:THINGS",
            "DATABASE_TYPE": "memory",
            "DOCS_ENABLED": "true",
            "SECURITY_STRICT_MODE": "true",
            "AUTH_ENABLED": "true",
            "AUTH_ISSUER": issuer.url,
            "AUTH_AUDIENCE": AUDIENCE,
        }
        with serving(folder, variables) as server:
            yield server, issuer.token(scope="things:read things:write")


def opened(page: Page, operation: str) -> None:
    """Go to the page at an operation's own address, which opens it there."""
    page.goto(f"/docs#/things/{operation}")
    page.locator(f"#operations-things-{operation}.is-open").wait_for()


def test_a_record_is_created_with_a_token(browser: Browser, server: tuple[Server, str]) -> None:
    """Refused without one; it is not kept when the page is left. No optional parameter is filled in."""
    service, token = server
    with visiting(browser, service.origin) as page:
        opened(page, "create-thing")
        status = page.locator(".live-responses-table tbody .response-col_status").first
        page.locator(".try-out__btn").click()
        expect(page.locator("[data-param-name=Idempotency-Key] input")).to_have_value("")
        page.locator(".body-param__text").fill('{"name": "made here"}')
        page.locator(".execute").click()
        expect(status).to_contain_text("401")
        page.locator(".auth-wrapper .authorize").click()
        page.locator("#auth-bearer-value").fill(token)
        page.get_by_role("dialog").get_by_role("button", name="Authorize").click()
        page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        with page.expect_response("**/api/v1/things*") as answered:
            page.locator(".execute").click()
        expect(status).to_contain_text("201")
        assert (201, "made here") == (answered.value.status, json.loads(answered.value.body())["name"])
        page.reload()
        expect(page.locator(".auth-wrapper .authorize")).to_have_class("btn authorize unlocked")


def test_names_and_descriptions_do_nothing(browser: Browser, server: tuple[Server, str]) -> None:
    """Tags in them are text; nothing is fetched or run for them, in lists, forms, models or examples."""
    service, _ = server
    with visiting(browser, service.origin) as page:
        dialogues: list[str] = []
        page.on("dialog", lambda dialogue: dialogues.append(dialogue.message))
        opened(page, "create-thing")
        page.locator(".try-out__btn").click()
        page.get_by_role("tab", name="Schema").first.click()
        for each in page.locator("section.models button[aria-expanded=false]").all()[:1]:
            each.click()
        expect(page.locator("#operations-tag-things")).to_contain_text("<img src=x onerror=alert(1)>")
        assert 0 == page.locator("#docs img[src=x], #docs script").count()
        assert [] == dialogues


def test_everyone_can_use_it(browser: Browser, server: tuple[Server, str]) -> None:
    """Where a request is tried, and the dialogue that asks for a token; Swagger UI's own faults aside.

    On a wide screen in light colours, on a narrow one in dark ones, which follow what the browser prefers.
    """
    service, _ = server
    with visiting(browser, service.origin) as page:
        opened(page, "create-thing")
        page.locator(".try-out__btn").click()
        page.locator(".execute").click()
        page.locator(".live-responses-table tbody .response-col_status").first.wait_for()
        page.locator(".auth-wrapper .authorize").click()
        page.get_by_role("dialog").wait_for()
        assert [] == violations(page, without=SWAGGER_UI_S_OWN)
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        page.emulate_media(color_scheme="dark")
        assert [] == violations(page, without=SWAGGER_UI_S_OWN)
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert 0 == width
