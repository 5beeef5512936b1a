"""The console's tables: filtered, ordered and paged by the service, chosen, deleted and brought back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import ROOT, visiting
from tests.support.creates import ITEMS
from tests.support.gallery import LAST_YEAR, MARKUP, MUSEUMS_REFERENCE, PAINTINGS_REFERENCE, hang
from tests.support.process import Server, serving
from tests.support.service import ITEMS as ITEMS_REFERENCE
from tests.support.visited import asked, faults_in_every_look

COUNT = 100_000
A_PAGE = 50
PAINTINGS = "/console/#/resources/paintings"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An open service with 10^5 paintings, and a console."""
    folder = tmp_path_factory.mktemp("tables")
    variables = {
        "RESOURCES": f"{MUSEUMS_REFERENCE},{PAINTINGS_REFERENCE},{ITEMS_REFERENCE}",
        "DATABASE_URL": f"sqlite:///{folder}/estuary.db",
        "CONSOLE": "api",
        "RATE_LIMIT_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
    }
    with serving(folder, variables) as server:
        hang(Path(folder, "estuary.db"), COUNT)
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A visit of the console."""
    with visiting(browser, server.origin) as page:
        yield page


def rows(page: Page) -> Locator:
    """The rows of the table, once it shows what was asked for last."""
    page.locator(".records[aria-busy=false]").wait_for()
    return page.locator(".records tbody tr")


def column(page: Page, title: str) -> list[str]:
    """What stands below a title, from top to bottom."""
    rows(page)
    heads = [text.strip() for text in page.locator("thead th").all_inner_texts()]
    at = next(index for index, head in enumerate(heads) if head.startswith(title))
    return page.locator(f"tbody tr > :nth-child({at + 1})").all_inner_texts()


def button(page: Page, name: str) -> Locator:
    """The button of this name."""
    return page.get_by_role("button", name=name, exact=True)


def position(page: Page) -> Locator:
    """The position in the list that the page shows."""
    return page.get_by_role("navigation", name="Pages").get_by_role("status")


def add_filter(page: Page, field: str, condition: str, value: str) -> None:
    """Add a filter by the form."""
    button(page, "Add filter").click()
    form = page.get_by_role("form", name="Filter")
    form.get_by_label("Field").select_option(field)
    form.get_by_label("Condition").select_option(condition)
    operand = form.get_by_label("Value")
    if operand.evaluate("control => control.tagName") == "SELECT":
        operand.select_option(value)
    else:
        operand.fill(value)
    form.get_by_role("button", name="Apply").click()


def test_the_overview_counts_what_is_declared_and_leads_to_it(page: Page) -> None:
    """Exactly, at any size; the first view takes at most 40 requests and 300 kB, the schema apart."""
    answers: list[tuple[str, int]] = []
    page.on(
        "response", lambda answer: answers.append((answer.url, answer.request.sizes()["responseBodySize"]))
    )
    page.goto("/console/")
    expect(page.get_by_role("link", name=re.compile("Paintings.*100,000"))).to_be_visible()
    assert len(answers) <= 40
    assert sum(size for url, size in answers if not url.endswith("openapi.json")) <= 300_000
    page.get_by_role("main").get_by_role("link", name="Paintings").click()
    expect(page.get_by_role("heading", name="Paintings", level=1)).to_be_visible()
    expect(page).to_have_title("Paintings · Estuary")


def test_pages_lead_on_and_back_through_a_large_list(page: Page) -> None:
    """Each page once; buttons, the browser's own and a reload come to the same."""
    page.goto(PAINTINGS)
    expect(position(page)).to_have_text("1–50 of 100,000")
    seen = [column(page, "Title")]
    for first in (51, 101):
        button(page, "Next").click()
        expect(position(page)).to_have_text(f"{first}–{first + A_PAGE - 1} of 100,000")
        seen.append(column(page, "Title"))
    assert [f"Painting {number}" for number in range(1, 3 * A_PAGE + 1)] == [
        title for page_of in seen for title in page_of
    ]
    page.reload()
    assert seen[2] == column(page, "Title")
    button(page, "Previous").click()
    expect(position(page)).to_have_text("51–100 of 100,000")
    assert seen[1] == column(page, "Title")
    page.go_back()
    expect(position(page)).to_have_text("101–150 of 100,000")
    button(page, "First").press("Enter")
    expect(position(page)).to_have_text("1–50 of 100,000")
    expect(button(page, "First")).to_be_focused()
    assert seen[0] == column(page, "Title")
    assert (True, True) == (button(page, "First").is_disabled(), button(page, "Previous").is_disabled())
    page.get_by_label("Rows per page").select_option("20")
    expect(position(page)).to_have_text("1–20 of 100,000")


def test_filters_and_order_are_the_services_and_in_the_address(page: Page) -> None:
    """All conditions hold, are changed and taken away; who is given the address sees the same."""
    page.goto(PAINTINGS)
    add_filter(page, "year", "gte", "1998")
    expect(position(page)).to_have_text("1–50 of 2,000")
    add_filter(page, "technique", "eq", "ink")
    year = page.get_by_role("columnheader", name="Year")
    for order in ("ascending", "descending"):
        year.get_by_role("button").click()
        expect(year).to_have_attribute("aria-sort", order)
    assert {str(LAST_YEAR)} == set(column(page, "Year"))
    assert {"ink"} == set(column(page, "Technique"))
    address = page.url
    assert "year.gte=1998" in address
    page.goto("about:blank")
    page.goto(address)
    assert {"ink"} == set(column(page, "Technique"))
    page.get_by_role("button", name="Year is at least 1998", exact=True).click()
    page.get_by_role("form", name="Filter").get_by_label("Value").fill(str(LAST_YEAR + 1))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Remove: Year is at least 2000").click()
    expect(page.get_by_role("button", name="Technique is ink", exact=True)).to_be_visible()
    add_filter(page, "title", "prefix", "painting 1234")
    expect(position(page)).to_have_text(re.compile(" of "))
    assert all(title.startswith("Painting 1234") for title in column(page, "Title"))
    button(page, "Clear all").click()
    expect(position(page)).to_have_text("1–50 of 100,000")
    page.goto(f"{PAINTINGS}?year={LAST_YEAR}")
    expect(page.get_by_role("button", name=f"Year is {LAST_YEAR}", exact=True)).to_be_visible()
    expect(position(page)).to_have_text("1–50 of 1,000")


def test_a_filter_by_a_moment_is_as_fine_as_it_was(page: Page) -> None:
    """Opened and applied as it is, it asks for the same; several are typed with all their digits."""
    moment = "1970-01-01T00:00:00.000007Z"
    page.goto(f"{PAINTINGS}?created_at.eq={moment}")
    expect(position(page)).to_have_text("1–1 of 1")
    page.get_by_role("button", name=re.compile("^Created at is")).click()
    button(page, "Apply").click()
    expect(page.get_by_role("form", name="Filter")).to_be_hidden()
    expect(position(page)).to_have_text("1–1 of 1")
    assert ["Painting 7"] == column(page, "Title")
    page.goto(PAINTINGS)
    add_filter(page, "created_at", "in", f"{moment}\n1970-01-01T00:00:00.000009Z")
    expect(position(page)).to_have_text("1–2 of 2")
    assert ["Painting 7", "Painting 9"] == column(page, "Title")


def test_what_the_service_refuses_is_told_in_its_words(page: Page) -> None:
    """A value of the wrong type, an unknown attribute, a cursor of another list, no such resource."""
    page.goto(PAINTINGS)
    add_filter(page, "year", "eq", "soon")
    expect(page.get_by_role("alert")).to_contain_text("year")
    page.goto(f"{PAINTINGS}?yaer.eq=1900")
    expect(page.get_by_role("alert")).to_contain_text("yaer")
    page.goto(f"{PAINTINGS}?yaer=1900")
    expect(page.get_by_role("alert")).to_contain_text("yaer")
    page.goto(f"{PAINTINGS}?cursor=AAAA")
    page.get_by_role("alert").get_by_role("button", name="First page").click()
    expect(position(page)).to_have_text("1–50 of 100,000")
    page.goto("/console/#/resources/nothing")
    expect(page.get_by_role("heading", name="No such resource")).to_be_visible()


def test_columns_are_chosen_and_references_lead_on(page: Page) -> None:
    """Names instead of ids, and none of what is called like markup is any."""
    page.goto(PAINTINGS)
    button(page, "Columns").click()
    page.get_by_label("Width").uncheck()
    page.get_by_label("Created at").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Created at")).to_be_visible()
    assert 0 == page.get_by_role("columnheader", name="Width").count()
    assert {"Prado", "Uffizi", MARKUP} == set(column(page, "Museum"))
    button(page, "Add filter").click()
    form = page.get_by_role("form", name="Filter")
    form.get_by_label("Field").select_option("museum")
    form.get_by_label("Value").fill("uff")
    page.get_by_role("option", name="Uffizi").click()
    expect(form.get_by_label("Value")).to_have_value("Uffizi")
    form.get_by_role("button", name="Apply").click()
    expect(position(page)).to_have_text("1–50 of more than 10,000")
    assert {"Uffizi"} == set(column(page, "Museum"))
    page.get_by_role("button", name="Remove: Museum").click()
    expect(position(page)).to_have_text("1–50 of 100,000")
    moment = page.locator("tbody time").first
    assert "1970-01-01T00:00:00.000001Z (UTC)" == moment.get_attribute("title")
    rows(page).get_by_role("link", name=MARKUP).first.click()
    expect(page.get_by_role("main")).to_contain_text(MARKUP)
    page.goto("/console/")
    expect(page.get_by_role("main")).to_contain_text(f"A house {MARKUP}.")
    assert 0 == page.locator("img").count()
    assert "Overview · Estuary" == page.title()


def test_what_is_chosen_is_deleted_in_batches_and_brought_back(page: Page) -> None:
    """Over several pages; to the last one, and with every field and id."""
    operations = [
        {"method": "POST", "path": ITEMS, "body": {"name": f"item {number}", "description": None}}
        for number in range(100)
    ]
    for _ in range(2):
        asked(page, "POST", "/api/v1/batch", {"operations": operations})
    before = asked(page, "GET", f"{ITEMS}?limit=100&sort=id")["items"]
    page.goto("/console/#/resources/items?limit=100")
    expect(position(page)).to_have_text("1–100 of 200")
    page.get_by_label("Select all on this page").check()
    button(page, "Next").click()
    expect(position(page)).to_have_text("101–200 of 200")
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_text("200 selected")).to_be_visible()
    button(page, "Delete…").click()
    dialogue = page.get_by_role("dialog", name="Delete 200 items?")
    dialogue.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted 200 records")).to_be_visible()
    assert [] == asked(page, "GET", ITEMS)["items"]
    button(page, "Undo").click()
    expect(page.get_by_text("Brought back 200 records")).to_be_visible()
    after = asked(page, "GET", f"{ITEMS}?limit=100&sort=id")["items"]
    names = ("id", "name", "description")
    assert [[each[name] for name in names] for each in before] == [
        [each[name] for name in names] for each in after
    ]


def test_a_delete_that_is_refused_says_why_and_goes_on_without(page: Page) -> None:
    """Nothing of its batch is deleted; the rest is, once it is left out; what is gone already, is gone."""
    free, gone = (asked(page, "POST", "/api/v1/museums", {"name": name}) for name in ("Empty", "Gone"))
    page.goto("/console/#/resources/museums")
    for name in ("Prado", "Empty", "Gone"):
        page.get_by_label(f"Select {name}", exact=True).check()
    button(page, "Delete…").click()
    dialogue = page.get_by_role("dialog")
    dialogue.get_by_role("button", name="Delete").click()
    expect(dialogue.get_by_role("alert")).to_contain_text("“Prado” was not deleted")
    assert "Empty" == asked(page, "GET", f"/api/v1/museums/{free['id']}")["name"]
    asked(page, "DELETE", f"/api/v1/museums/{gone['id']}")
    dialogue.get_by_role("button", name="Leave that one out").click()
    dialogue.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted “Empty”")).to_be_visible()
    assert {"Prado", "Uffizi", MARKUP} == set(column(page, "Name"))


def test_everyone_can_use_the_tables(page: Page) -> None:
    """By axe, in every size and colour: overview, table with a filter, dialogue; and by keys alone."""
    page.goto("/console/")
    expect(page.get_by_text("100,000")).to_be_visible()
    assert [] == faults_in_every_look(page)
    page.goto(f"{PAINTINGS}?year.gte=1950")
    rows(page)
    button(page, "Add filter").click()
    assert [] == faults_in_every_look(page)
    page.keyboard.press("Escape")
    expect(button(page, "Add filter")).to_be_focused()
    button(page, "Columns").press("Enter")
    expect(page.get_by_label("Width")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Width")).to_be_hidden()
    page.get_by_label("Select Painting 50", exact=True).press("Space")
    button(page, "Delete…").press("Enter")
    assert [] == faults_in_every_look(page)
    page.keyboard.press("Escape")
    expect(button(page, "Delete…")).to_be_focused()
