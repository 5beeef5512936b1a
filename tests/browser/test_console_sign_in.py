"""Signing in to the console: by token, by key, at a real issuer; what is refused; a session that ends."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import ROOT, visiting
from tests.support.command import estuary
from tests.support.issuer import AUDIENCE, Issuer, issuing, keys_of
from tests.support.process import HOST, Server, free_port, serving
from tests.support.servers.open_id_connect import CLIENT_ID, open_id_issuer
from tests.support.service import ITEMS
from tests.support.visited import asked, faults_in_every_look

RESOURCES = f"tests.support.shelf:ARTICLES,tests.support.shelf:LOGS,{ITEMS}"
ALL = "articles:read articles:write logs:read logs:write items:read items:write"
KEPT = "JSON.stringify([Object.values(sessionStorage), Object.values(localStorage), document.cookie])"


class Place(NamedTuple):
    """A service; an issuer for tokens by hand, one that people sign in at, and a key that reads items."""

    server: Server
    issuer: Issuer
    open_id: str
    key: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service that asks who is there, with a console."""
    folder = tmp_path_factory.mktemp("sign-in")
    port = str(free_port())
    console = f"http://{HOST}:{port}/console/"
    with issuing() as issuer, open_id_issuer(console, AUDIENCE, ALL) as open_id:
        variables = {
            "PORT": port,
            "RESOURCES": RESOURCES,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": f"sqlite:///{folder}/estuary.db",
            "CONSOLE": "api",
            "CONSOLE_OIDC_CLIENT_ID": CLIENT_ID,
            "AUTH_ENABLED": "true",
            "AUTH_ISSUER": f"{open_id},{issuer.url}",
            "AUTH_JWKS_URLS": f"{open_id}/jwks,{issuer.keys_url}",
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_FAILURE_LIMIT": "0",
            "KEYS_ENABLED": "true",
        }
        made = estuary(folder, "keys", "create", "console", "--scope", "items:read", **variables)
        with serving(folder, variables) as server:
            yield Place(server, issuer, open_id, made.stdout.strip())


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    """A visit of the console, before anybody has signed in."""
    with visiting(browser, place.server.origin, others=[place.open_id]) as page:
        page.goto("/console/")
        expect(page.get_by_role("heading", name="Estuary")).to_be_visible()
        yield page


def sign_in(page: Page, secret: str) -> None:
    """Give a token or a key."""
    page.get_by_label("Access token or API key").fill(secret)
    page.get_by_role("button", name="Sign in", exact=True).last.click()


def test_a_token_signs_in_as_long_as_the_page_or_the_tab_is_there(page: Page, place: Place) -> None:
    """What is no token is refused in the service's words; one is kept where that is wanted."""
    assert [] == faults_in_every_look(page)
    sign_in(page, "")
    expect(page.get_by_text("Paste one here")).to_be_visible()
    sign_in(page, "nothing.of.thekind")
    expect(page.get_by_role("alert")).to_contain_text("token")
    token = place.issuer.token(scope=ALL)
    sign_in(page, token)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert token not in page.evaluate(KEPT)
    page.reload()
    page.get_by_label("Stay signed in").check()
    sign_in(page, f"Bearer {token}")
    expect(page.get_by_text("alice")).to_be_visible()
    page.reload()
    expect(page.get_by_text("alice")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Access token or API key")).to_be_visible()
    assert '[[],[],""]' == page.evaluate(KEPT)


def test_a_key_sees_what_it_grants_and_is_told_what_it_does_not(page: Page, place: Place) -> None:
    """Scopes and roles are the service's to judge; what it has refused once is not offered again."""
    sign_in(page, place.key)
    expect(page.get_by_role("link", name="Logs").filter(has_text="not allowed")).to_be_visible()
    page.goto("/console/#/resources/logs")
    expect(page.get_by_text("You may not read logs")).to_be_visible()
    page.goto("/console/#/resources/items")
    expect(page.get_by_role("heading", name="No items yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="New item").first.click()
    page.get_by_label("Name", exact=True).fill("boat")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("items:write").first).to_be_visible()
    assert [] == faults_in_every_look(page)
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Items").click()
    expect(page.get_by_role("button", name="New item")).to_have_attribute("aria-disabled", "true")


def test_without_signing_in_what_is_public_is_there(page: Page) -> None:
    """The rest says that signing in would help, without asking for it where that cannot help."""
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.get_by_role("button", name="Look around without signing in").click()
    expect(page.get_by_role("link", name="Articles").filter(has_text="0")).to_be_visible()
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Items").click()
    expect(page.get_by_role("heading", name="Sign in to see this")).to_be_visible()
    assert [] == [url for url in asked_for if "/api/v1/items" in url]
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_issuer_signs_in_in_a_window_of_its_own(page: Page, place: Place) -> None:
    """What it refuses is shown; what it grants holds, and is renewed; nothing secret is kept."""
    enter = page.get_by_role("button", name=f"Sign in at {place.open_id.removeprefix('http://')}")
    for name in ("nobody", "carol"):
        with page.expect_popup() as opened:
            enter.click()
        window = opened.value
        window.get_by_label("Name").fill(name)
        with window.expect_event("close"):
            window.get_by_role("button", name="Sign in").click()
        if name == "nobody":
            expect(page.get_by_role("alert")).to_contain_text("Nobody may not sign in")
    expect(page.get_by_text("carol")).to_be_visible()
    expect(page.get_by_role("link", name="Items").filter(has_text="0")).to_be_visible()
    assert f"{place.server.origin}/console/" == page.url.removesuffix("#/")
    assert '[[],[],""]' == page.evaluate(KEPT)
    page.route("**/api/v1/items?*", lambda route: route.fulfill(status=401), times=1)
    with page.expect_request(f"{place.open_id}/token") as renewal:
        page.get_by_role("navigation", name="Console").get_by_role("link", name="Items").click()
    assert "grant_type=refresh_token" in (renewal.value.post_data or "")
    expect(page.get_by_role("heading", name="No items yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_answer_that_nobody_waits_for_signs_nobody_in(page: Page) -> None:
    """It is another sign-in's, or an attacker's: its code is not used, and leaves the address."""
    page.goto("/console/?code=stolen&state=unknown")
    expect(page.get_by_role("heading", name="This window can be closed")).to_be_visible()
    assert "stolen" not in page.url
    page.get_by_role("link", name="Open the console").click()
    expect(page.get_by_label("Access token or API key")).to_be_visible()


def test_a_session_that_ends_while_editing_costs_nothing_that_was_typed(page: Page, place: Place) -> None:
    """Who signs in again over the form has saved it: the request is sent again as the new one."""
    sign_in(page, place.issuer.token(scope=ALL))
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Items").click()
    page.get_by_role("main").get_by_role("link", name="New item").first.click()
    page.get_by_label("Name", exact=True).fill("a long story")
    place.issuer.keys = [keys_of("RS256", "second")]
    token = place.issuer.token(scope=ALL)
    credentials = {"authorization": f"Bearer {token}"}
    asked(page, "GET", "/api/v1/items", **credentials)
    page.get_by_role("button", name="Create", exact=True).click()
    dialogue = page.get_by_role("dialog", name="Your session has ended")
    expect(dialogue).to_be_visible()
    assert [] == faults_in_every_look(page)
    dialogue.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("dialog", name="Leave without saving?").get_by_role("button", name="Stay").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("a long story")
    page.get_by_role("button", name="Create", exact=True).click()
    dialogue.get_by_label("Access token or API key").fill(token)
    dialogue.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="a long story")).to_be_visible()
    (item,) = asked(page, "GET", "/api/v1/items", **credentials)["items"]
    assert "a long story" == item["name"]
