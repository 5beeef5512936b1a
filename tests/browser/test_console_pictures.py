"""The pictures of the console in the documents: `make pictures` puts them there, a test tries it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import NARROW, ROOT, visiting
from tests.support.command import estuary
from tests.support.process import Server, serving

SHOP = ROOT / "examples/shop"
PICTURES = ROOT / "docs/pictures"
MOST_BYTES = 150_000
NOTES = ("Leave it with the neighbour", "", "A gift, please wrap it", "", "Ring twice", "", "")
STATES = ("open", "paid", "shipped", "paid", "open", "shipped", "cancelled")
CUSTOMERS = [f"01a20ae4-0000-7000-8000-00000000010{number}" for number in (1, 2)]


def orders() -> Iterator[str]:
    """Some weeks of orders, a line of JSON each."""
    for number in range(60):
        value = {
            "customer": CUSTOMERS[number % 2],
            "status": STATES[number % 7],
            "note": NOTES[number * 3 % 7],
            "placed_at": f"2026-11-{number // 3 + 1:02}T{8 + number % 11:02}:{number * 7 % 60:02}:00Z",
            "placed_by": ("ada", "ben")[number % 2],
        }
        identity = f"01a20ae4-0000-7000-9000-{number * 2654435761 % 2**48:012x}"
        yield json.dumps({"resource": "orders", "id": identity, "value": value})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """The shop of the examples with its console, and the key of its staff."""
    folder = tmp_path_factory.mktemp("shop")
    lines = (SHOP / "records.jsonl").read_text() + "".join(f"{line}\n" for line in orders())
    (folder / "records.jsonl").write_text(lines)
    variables = {
        "RESOURCES": "shop:CUSTOMERS,shop:PRODUCTS,shop:ORDERS,shop:LINES",
        "PYTHONPATH": str(SHOP),
        "DATABASE_URL": f"sqlite:///{folder}/shop.db",
        "AUTH_ENABLED": "true",
        "AUTH_REQUIRE_SCOPES": "false",
        "AUTH_OWNER_CLAIM": "sub",
        "AUTH_ROLES_CLAIM": "roles",
        "KEYS_ENABLED": "true",
        "CONSOLE": "api",
        "DOCS_ENABLED": "true",
    }
    imported = estuary(folder, "import", "records.jsonl", **variables)
    assert 0 == imported.returncode, imported.stderr
    made = estuary(folder, "keys", "create", "staff", "--role", "staff", "--all-owners", **variables)
    assert 0 == made.returncode, made.stderr
    with serving(folder, variables) as server:
        yield server, made.stdout.strip()


def taken(page: Page, name: str, folder: Path) -> None:
    """Take the picture called `name`, which is small enough for a document that shows it."""
    picture = (PICTURES if "ESTUARY_PICTURES" in os.environ else folder) / f"console-{name}.png"
    page.mouse.move(0, 0)
    page.screenshot(path=picture, animations="disabled")
    assert picture.stat().st_size <= MOST_BYTES
    assert f"pictures/{picture.name}" in (ROOT / "docs/console.md").read_text()


def signed_in(page: Page, key: str) -> None:
    """Sign in, and come to the orders of the last weeks that are not shipped."""
    page.goto("/console/#/resources/orders?status.in=open&status.in=paid&sort=-placed_at")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator(".records[aria-busy=false] tbody tr").first.wait_for()


def test_pictures_for_the_documents(browser: Browser, shop: tuple[Server, str], tmp_path: Path) -> None:
    """A list in light, a form with what is wrong, a phone in dark: each as the documents show it."""
    server, key = shop
    with visiting(browser, server.origin, size=(1080, 600)) as page:
        signed_in(page, key)
        taken(page, "list", tmp_path)
        page.goto("/console/#/resources/products/new")
        page.get_by_label("Sku", exact=True).fill("GLO-1")
        page.get_by_label("Title", exact=True).fill("Globe, 30 cm")
        page.get_by_label("Price", exact=True).fill("-5")
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_text("Price must").first).to_be_visible()
        taken(page, "form", tmp_path)
        page.get_by_label("Sku", exact=True).fill("")
        page.get_by_label("Title", exact=True).fill("")
        page.get_by_label("Price", exact=True).fill("")
    with visiting(browser, server.origin, size=NARROW, colours="dark") as page:
        signed_in(page, key)
        taken(page, "phone", tmp_path)
