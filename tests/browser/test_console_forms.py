"""The console's forms: records of every kind of field are created, changed, copied and deleted."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.support.browser import NARROW, ROOT, visiting
from tests.support.generators import node_modules, run, typescript
from tests.support.process import Server, serving
from tests.support.visited import asked, faults_in_every_look

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
AS_A_BUNDLER = ("--target", "es2022", "--lib", "es2022,dom,dom.iterable")
ESM = ("--module", "esnext", "--moduleResolution", "bundler")
MARKUP = "<img src=x onerror=alert(1)>"
RESOURCES = ",".join(
    (
        "tests.support.resources:VESSELS",
        "tests.support.library:AUTHORS",
        "tests.support.library:BOOKS",
        "tests.support.library:CHAPTERS",
        "tests.support.entries:ENTRIES",
    )
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with every kind of field, references in every way, and a console."""
    with serving(
        tmp_path_factory.mktemp("forms"),
        {"RESOURCES": RESOURCES, "CONSOLE": "api", "PYTHONPATH": str(ROOT)},
    ) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A visit of the console."""
    with visiting(browser, server.origin) as page:
        yield page


def opened(page: Page, path: str) -> Locator:
    """The form at a path of the console."""
    page.goto(f"/console/#/resources/{path}")
    form = page.locator(".record-form")
    form.wait_for()
    return form


def labelled(place: Page | Locator, label: str) -> Locator:
    """The control of this label, which may say that it is required."""
    return place.get_by_label(re.compile(rf"^{label}( \*)?$"))


def button(page: Page, name: str) -> Locator:
    """The button of this name beside or below a form."""
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


def answered(page: Page, name: str) -> Locator:
    """The button of this name in the dialogue that is open, waited for."""
    return page.get_by_role("dialog").get_by_role("button", name=name, exact=True)


def test_a_record_of_every_kind_of_field_is_created_once_what_is_wrong_is_mended(page: Page) -> None:
    """Messages stand beside their fields, the first has the focus; what is typed is what is kept."""
    form = opened(page, "vessels/new")
    expect(labelled(form, "Name")).to_be_focused()
    labelled(form, "Name").fill(MARKUP)
    labelled(form, "Call sign").fill("nope")
    labelled(form, "Crew").fill("many")
    labelled(form, "Draught").fill("3.50")
    labelled(form, "Built at").fill("1998-07-01T06:30:00")
    button(page, "Create").click()
    expect(labelled(form, "Crew")).to_be_focused()
    expect(form.get_by_text("Must be a whole number, such as 42")).to_be_visible()

    labelled(form, "Crew").fill("-5")
    labelled(form, "Keel number").fill("9007199254740991")
    labelled(form, "Rig").select_option("sail")
    form.get_by_role("button", name="Make Berth empty").click()
    labelled(form, "In port").select_option("true")
    form.get_by_role("button", name="Make Rating null").click()
    form.get_by_role("button", name="Add an entry to Tags").click()
    labelled(form, "Tags 1").fill("=1+1")
    form.get_by_role("button", name="Add an entry to Tags").click()
    labelled(form, "Tags 2").fill("old")
    form.get_by_role("button", name="Move Tags 2 up").click()
    labelled(form, "Dues").fill("1234567890123456.70")
    labelled(form, "Christened").fill("1998-07-04")
    labelled(form, "Registry").fill("0B8F4A4E-6A5C-4C50-8A4F-2A0C3F3C8E11")
    form.get_by_role("button", name="Add hull").click()
    labelled(form, "Width").fill("0")
    labelled(form, "Papers").fill('{"big": 12345678901234567890, "none": null}')
    button(page, "Create").click()
    expect(labelled(form, "Call sign")).to_be_focused()
    expect(labelled(form, "Call sign")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_text("Crew must be between 0 and 10000")).to_be_visible()
    expect(form.get_by_text("Width must be greater than 0")).to_be_visible()
    assert [] == faults_in_every_look(page)

    labelled(form, "Call sign").fill("DABC2")
    labelled(form, "Crew").fill("5")
    labelled(form, "Width").fill("7.25")
    button(page, "Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)

    record = asked(page, "GET", page.url.replace("/console/#/resources/", "/api/v1/"))
    expected = {
        "name": MARKUP,
        "call_sign": "DABC2",
        "crew": 5,
        "keel_number": 9007199254740991,
        "draught": 3.5,
        "in_port": True,
        "built_at": "1998-07-01T06:30:00.000000Z",
        "rig": "sail",
        "berth": "",
        "rating": None,
        "tags": ["old", "=1+1"],
        "dues": "1234567890123456.70",
        "christened": "1998-07-04",
        "registry": "0b8f4a4e-6a5c-4c50-8a4f-2a0c3f3c8e11",
        "holds": [1],
        "papers": {"big": 12345678901234567890, "none": None},
    }
    assert expected == {name: record[name] for name in expected}
    assert 7.25 == record["hull"]["width"]


def test_an_edit_sends_what_changed_and_settles_what_others_changed_meanwhile(page: Page) -> None:
    """Of a field that both changed one is asked; what only they changed stays; no change is lost unseen."""
    body = {"name": "Anna", "draught": 3.5, "built_at": "1998-07-01T06:30:00.123456Z", "crew": 1}
    record = asked(page, "POST", "/api/v1/vessels", body | {"papers": {"kept": 1.0}, "hull": {"width": 2}})
    path = f"/api/v1/vessels/{record['id']}"
    form = opened(page, f"vessels/{record['id']}")
    labelled(form, "Name").fill("Mine")
    labelled(form, "Crew").fill("2")
    labelled(form, "Width").fill("3")
    asked(page, "PATCH", path, {"name": "Theirs", "berth": "B7"})
    with page.expect_request(f"**{path}") as sent:
        button(page, "Save").click()
    assert {"name": "Mine", "crew": 2, "hull": {"width": 3}} == sent.value.post_data_json
    assert '"1"' == sent.value.headers["if-match"]

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_have_text(
        "Somebody else has saved this record meanwhile"
    )
    expect(dialog.get_by_role("group", name="Name")).to_contain_text("Theirs")
    expect(dialog.locator("dl")).to_contain_text("B7")
    assert [] == faults_in_every_look(page)
    dialog.get_by_role("radio", name="Theirs").check()
    answered(page, "Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(labelled(form, "Name")).to_have_value("Theirs")

    now = asked(page, "GET", path)
    assert ("Theirs", 2, "B7", 3.0) == (now["name"], now["crew"], now["berth"], now["hull"]["width"])
    assert "1998-07-01T06:30:00.123456Z" == now["built_at"], "what is not touched is not rounded"

    held: list[Route] = []

    def hold(route: Route) -> None:
        """Keep the request until it is let go."""
        held.append(route)

    page.route(f"**{path}", hold)
    labelled(form, "Berth").fill("B8")
    labelled(form, "Berth").press("Control+s")
    expect(button(page, "Save")).to_have_attribute("aria-busy", "true")
    labelled(form, "Name").fill("Typed since")
    held[0].continue_()
    expect(button(page, "Save")).not_to_have_attribute("aria-busy", "true")
    expect(labelled(form, "Name")).to_have_value("Typed since")
    expect(form.get_by_text("Not saved yet")).to_be_visible()
    assert ("Theirs", "B8") == (asked(page, "GET", path)["name"], asked(page, "GET", path)["berth"])


def test_a_moment_that_is_changed_keeps_what_its_control_does_not_show(page: Page) -> None:
    """Its microseconds: also where a part is taken away first, or typed back; cleared, it is a new one."""
    body = {"name": "Anna", "draught": 3.5, "built_at": "1998-07-01T06:30:00.123456Z", "crew": 1}
    record = asked(page, "POST", "/api/v1/vessels", body)
    path = f"/api/v1/vessels/{record['id']}"
    form = opened(page, f"vessels/{record['id']}")
    built = labelled(form, "Built at")
    built.focus()
    built.press("Delete")
    built.press_sequentially("08")
    expect(form.get_by_text("Not saved yet")).to_be_visible()
    button(page, "Save").click()
    expect(form.get_by_text("Not saved yet")).to_be_hidden()
    assert "1998-08-01T06:30:00.123456Z" == asked(page, "GET", path)["built_at"]
    built.press("ArrowUp")
    expect(button(page, "Save")).to_be_enabled()
    built.press("ArrowDown")
    expect(button(page, "Save")).to_be_disabled()
    built.fill("")
    built.fill("1998-08-01T06:30:00.123")
    button(page, "Save").click()
    expect(button(page, "Save")).to_be_disabled()
    assert "1998-08-01T06:30:00.123000Z" == asked(page, "GET", path)["built_at"]


def edges(bar: Locator, part: Locator) -> tuple[int, int, int]:
    """How far a part of a bar is from its left, its right and its upper edge, in whole pixels."""
    outer, inner = bar.bounding_box(), part.bounding_box()
    assert outer is not None
    assert inner is not None
    right = outer["x"] + outer["width"] - inner["x"] - inner["width"]
    return round(inner["x"] - outer["x"]), round(right), round(inner["y"] - outer["y"])


def test_what_saves_fills_a_line_of_a_narrow_window(page: Page) -> None:
    """From edge to edge; the third button begins the next line, and the state ends it."""
    author = asked(page, "POST", "/api/v1/authors", {"name": "Narrow"})["id"]
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    for path, first, second in (
        (f"authors/{author}", "Save", "Discard changes"),
        ("authors/new", "Create", "Create and add another"),
    ):
        opened(page, path)
        bar = page.locator(".save-bar")
        (left, _, top), (_, right, beside) = (edges(bar, button(page, name)) for name in (first, second))
        assert (0, 0) == (left, right)
        assert top == beside
        start, _, below = edges(bar, button(page, "API request"))
        assert 0 == start
        assert below > top
    opened(page, f"authors/{author}").get_by_label("Name").fill("Changed")
    told = page.get_by_text("Not saved yet")
    assert 0 == edges(page.locator(".save-bar"), told)[1]


def test_a_write_without_an_answer_is_made_once(page: Page) -> None:
    """The form sends it again with the same key, and does not mention it."""
    labelled(opened(page, "authors/new"), "Name").fill("Once")
    keys = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.fulfill(status=409, headers={"retry-after": "0"})

    page.route("**/api/v1/authors", lose, times=1)
    with page.expect_response(lambda answer: answer.status == 201) as created:
        button(page, "Create").click()
    assert keys == [created.value.request.headers["idempotency-key"]]
    expect(page.get_by_role("heading", level=1)).to_have_text("Once")
    assert 1 == asked(page, "GET", "/api/v1/authors?name=Once")["total"]


def test_references_are_sought_followed_and_kept(page: Page) -> None:
    """One is found by what its record is called, by keys alone; what is taken or referred to is shown.

    Names that are one long word make nothing wider than the window.
    """
    name, first = f"Italo {MARKUP}{'o' * 48}", f"First{'t' * 150}"
    author = asked(page, "POST", "/api/v1/authors", {"name": name})
    asked(page, "POST", "/api/v1/authors", {"name": "Ursula"})
    asked(page, "POST", "/api/v1/volumes", {"title": first, "author": author["id"], "isbn": "978"})
    form = opened(page, "volumes/new")
    labelled(form, "Title").fill("Second")
    labelled(form, "Isbn").fill("978")
    sought = form.get_by_role("combobox", name="Author")
    sought.fill("ITALO")
    expect(form.get_by_role("option")).to_have_count(1)
    sought.press("ArrowDown")
    sought.press("Enter")
    expect(sought).to_have_value(name)
    button(page, "Create").click()
    expect(form.get_by_text("Isbn is taken")).to_be_visible()
    expect(labelled(form, "Isbn")).to_be_focused()
    labelled(form, "Isbn").fill("979")
    button(page, "Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second")

    page.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    referrers = page.get_by_role("region", name="Referenced by")
    expect(referrers.get_by_role("link", name="Second")).to_be_visible()
    expect(referrers.get_by_role("link", name=first)).to_be_visible()
    button(page, "Delete").click()
    answered(page, "Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("Other records refer to this one")
    assert [] == faults_in_every_look(page)


def test_a_record_is_copied_deleted_and_had_again(page: Page) -> None:
    """A copy has all but what is unique; a deletion can be undone where all of it comes back."""
    author = asked(page, "POST", "/api/v1/authors", {"name": "A"})
    book = {"title": "Copied", "author": author["id"], "isbn": "1234"}
    record = asked(page, "POST", "/api/v1/volumes", book)
    opened(page, f"volumes/{record['id']}")
    page.get_by_role("link", name="Duplicate").click()
    expect(labelled(page, "Title")).to_have_value("Copied")
    expect(labelled(page, "Isbn")).to_have_value("")

    vessel = {"name": "Undone", "draught": 3.5, "built_at": "1998-07-01T06:30:00Z"}
    kept = asked(page, "POST", "/api/v1/vessels", vessel)
    opened(page, f"vessels/{kept['id']}")
    button(page, "Delete").click()
    answered(page, "Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Brought back")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone")
    again = asked(page, "GET", f"/api/v1/vessels/{kept['id']}")
    changing = ("created_at", "updated_at")
    assert {**kept, **dict.fromkeys(changing)} == {**again, **dict.fromkeys(changing)}


def test_what_is_deleted_while_it_is_edited_can_be_created_again(page: Page) -> None:
    """Nothing that was typed is lost."""
    record = asked(page, "POST", "/api/v1/authors", {"name": "Gone"})
    form = opened(page, f"authors/{record['id']}")
    labelled(form, "Name").fill("Back")
    asked(page, "DELETE", f"/api/v1/authors/{record['id']}")
    button(page, "Save").click()
    expect(page.get_by_role("alert")).to_contain_text("This record has been deleted meanwhile")
    button(page, "Create it again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back")
    assert "Back" == asked(page, "GET", f"/api/v1/authors/{record['id']}")["name"]


def test_hidden_fields_are_written_and_never_shown_and_the_servers_are_shown_alone(page: Page) -> None:
    """What the server sets has no control; a page never holds what is hidden."""
    form = opened(page, "entries/new")
    labelled(form, "Title").fill("Log")
    expect(labelled(form, "Made by")).to_have_count(0)
    expect(labelled(form, "Writer")).to_have_count(0)
    button(page, "Create").click()
    expect(page.get_by_role("complementary", name="About this record")).to_contain_text("nobody")


def test_a_request_is_told_so_that_it_can_be_run(page: Page, tmp_path: Path) -> None:
    """What the form would send does the same elsewhere, whatever is in it."""
    runs: dict[str, Callable[[str], object]] = {
        "curl": lambda reported: run(tmp_path, "sh", "-c", reported),
        "Python": lambda reported: run(tmp_path, sys.executable, "-c", reported),
    }
    if SOAK:
        document = tmp_path / "openapi.json"
        document.write_text(json.dumps(asked(page, "GET", "/openapi.json")))
        runs["TypeScript"] = lambda reported: run_typescript(document, tmp_path, reported)
    name = 'It\'s "quoted" $HOME `x` \\ü'
    for language, run_it in runs.items():
        record = asked(page, "POST", "/api/v1/authors", {"name": "Before"})
        form = opened(page, f"authors/{record['id']}")
        labelled(form, "Name").fill(name)
        button(page, "API request").click()
        page.get_by_role("radio", name=language).check()
        request = page.get_by_role("region", name=f"The request for {language}")
        expect(request).to_contain_text("HOME")
        run_it(request.inner_text())
        assert name == asked(page, "GET", f"/api/v1/authors/{record['id']}")["name"]
        answered(page, "Close").click()
        button(page, "Discard changes").click()


def run_typescript(document: Path, folder: Path, reported: str) -> None:
    """Check the program against the types of the document, and run it."""
    (folder / "node_modules").symlink_to(node_modules())
    (folder / "package.json").write_text('{"type": "module"}')
    typescript(document, folder, reported.replace("./estuary", "./api"), *AS_A_BUNDLER, *ESM)
    run(folder, "node", "use.js")


def test_everyone_can_read_a_request(page: Page) -> None:
    """In its dialogue, wide in light and narrow in dark."""
    opened(page, "authors/new")
    button(page, "API request").click()
    expect(page.get_by_role("region", name="The request for curl")).to_be_visible()
    assert [] == faults_in_every_look(page)
