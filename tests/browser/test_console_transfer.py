"""The console's files: a list is exported as it is filtered, and a file is tried before it is imported."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import ROOT, visiting
from tests.support.process import Server, serving
from tests.support.visited import asked, faults_in_every_look

RESOURCES = "tests.support.library:AUTHORS,tests.support.library:BOOKS,tests.support.library:CHAPTERS"
FORMULA = "=HYPERLINK(\"http://elsewhere.example\", 'x')"
MOST = 60
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with a console, whose batches are smaller than the console first tries."""
    variables = {"RESOURCES": RESOURCES, "CONSOLE": "api", "BATCH_MAX_OPERATIONS": str(MOST)}
    with serving(tmp_path_factory.mktemp("transfer"), {**variables, "PYTHONPATH": str(ROOT)}) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A visit of the console."""
    with visiting(browser, server.origin) as page:
        yield page


def exported(page: Page, path: str, format_name: str, folder: Path) -> Path:
    """The file that exporting the list at `path` gives."""
    page.goto(f"/console/#/resources/{path}")
    page.get_by_role("radio", name=format_name).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export", exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def tried(page: Page, resource: str, file: Path) -> None:
    """Choose the file for import, and try it."""
    page.goto(f"/console/#/resources/{resource}/import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_text("Nothing was written yet")).to_be_visible()


def broken(page: Page) -> list[list[str]]:
    """The cells of the table of lines that cannot be imported."""
    rows = page.locator(".lines tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def test_what_is_exported_is_imported_again_in_either_format(page: Page, tmp_path: Path) -> None:
    """All pages of a filtered list, in its order, every text as it was; formulas are made harmless."""
    names = [
        FORMULA,
        MARKUP,
        "'quoted",
        "-1",
        "two\nlines",
        *(f"Author {number:03}" for number in range(100)),
    ]
    batched(page, [{"method": "POST", "path": "/api/v1/authors", "body": {"name": name}} for name in names])
    query = "?name.ne=Author%20000&sort=name"
    wanted = sorted(set(names) - {"Author 000"})

    sheet = exported(page, f"authors/export{query}", "CSV", tmp_path)
    expect(page.get_by_text("104 records")).to_be_visible()
    assert [] == faults_in_every_look(page)
    with sheet.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [f"'{name}" if name[0] in "=-'" else name for name in wanted] == [row["name"] for row in rows]
    lines_file = exported(page, f"authors/export{query}", "JSON Lines", tmp_path)
    records = [json.loads(line) for line in lines_file.read_text().splitlines()]
    assert wanted == [record["name"] for record in records]

    for file in (sheet, lines_file):
        batched(page, [{"method": "DELETE", "path": f"/api/v1/authors/{each['id']}"} for each in records])
        tried(page, "authors", file)
        assert 1 == asked(page, "GET", "/api/v1/authors")["total"]
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("104 lines imported")).to_be_visible()
        kept = exported(page, f"authors/export{query}", "JSON Lines", tmp_path).read_text().splitlines()
        assert [lasting(each) for each in records] == [lasting(json.loads(line)) for line in kept]


def batched(page: Page, operations: list[dict[str, object]]) -> None:
    """Have the API make the writes, in batches as large as it takes."""
    for begin in range(0, len(operations), MOST):
        asked(page, "POST", "/api/v1/batch", {"operations": operations[begin : begin + MOST]})


def lasting(record: dict[str, object]) -> dict[str, object]:
    """What an import brings back of a record: not its times."""
    return {name: value for name, value in record.items() if not name.endswith("_at")}


def test_broken_lines_are_told_by_a_trial_and_left_out(page: Page, tmp_path: Path) -> None:
    """Each with its number, field and message; the others are imported; the broken can be saved."""
    author = asked(page, "POST", "/api/v1/authors", {"name": "A"})["id"]
    asked(page, "POST", "/api/v1/volumes", {"title": "There", "author": author, "isbn": "taken"})
    lines = [
        json.dumps({"title": f"Book {number}", "author": author, "isbn": f"i{number}"})
        for number in range(130)
    ]
    lines[1] = '{"title": '
    lines[2] = json.dumps({"title": MARKUP, "author": "01a20b00-0000-7000-8000-00000000b0a7"})
    lines[3] = json.dumps({"title": "b", "author": author, "isbn": "taken"})
    lines[70] = json.dumps({"title": "c", "author": author, "isbn": "i" * 21})
    lines[100] = json.dumps({"title": 7, "author": author})
    lines[129] = json.dumps({"title": "d", "author": author, "colour": "red"})
    file = tmp_path / "books.jsonl"
    file.write_text("\n".join(lines))

    tried(page, "volumes", file)
    reported = [
        ["2", "", "Not JSON: Unexpected end in column 11"],
        ["3", "author", "Author refers to no record"],
        ["4", "isbn", "Isbn is taken"],
        ["71", "isbn", "Isbn must be at most 20 characters"],
        ["101", "title", "must be a text"],
    ]
    assert reported == broken(page)
    expect(page.get_by_text("125 lines can be imported. 5 lines cannot be imported.")).to_be_visible()
    expect(page.get_by_text("They are ignored: colour")).to_be_visible()
    assert 1 == asked(page, "GET", "/api/v1/volumes")["total"]
    assert [] == faults_in_every_look(page)

    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("125 lines imported. 5 lines cannot be imported.")).to_be_visible()
    assert reported == broken(page)
    assert 126 == asked(page, "GET", "/api/v1/volumes")["total"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save them as a file").click()
    assert [lines[at] for at in (1, 2, 3, 70, 100)] == download.value.path().read_text().splitlines()


def test_a_file_that_is_one_array_is_told_by_its_entries(page: Page, tmp_path: Path) -> None:
    """However many lines each has; those that are broken are saved as lines."""
    entries = [{"name": "first"}, {"name": 7}, {"name": "third"}]
    file = tmp_path / "authors.json"
    file.write_text(json.dumps(entries, indent=2))
    tried(page, "authors", file)
    assert [["2", "name", "must be a text"]] == broken(page)
    expect(page.get_by_text("2 entries can be imported. 1 entry cannot be imported.")).to_be_visible()
    expect(page.get_by_role("heading", name="Entries that cannot be imported")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 entries imported. 1 entry cannot be imported.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save them as a file").click()
    assert entries[1:2] == [json.loads(line) for line in download.value.path().read_text().splitlines()]


def test_records_that_are_there_are_changed_where_that_is_chosen(page: Page, tmp_path: Path) -> None:
    """Found by their unique value, in a spreadsheet's file; a column that is not there changes nothing."""
    author = asked(page, "POST", "/api/v1/authors", {"name": "A"})["id"]
    book = {"title": "Old", "author": author, "editor": author, "isbn": "a/b"}
    there = asked(page, "POST", "/api/v1/volumes", book)
    file = tmp_path / "books.csv"
    file.write_text(
        f"\ufeffisbn,title,author\r\na/b,'=New,{author}\r\nnew-1,Other,{author}\r\nnew-1,Twice,{author}\r\n"
    )
    page.goto("/console/#/resources/volumes/import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Records that are there already").select_option(label="Change them, found by Isbn")
    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_text("2 lines can be imported")).to_be_visible()
    assert [["4", "isbn", "Is in line 3 as well"]] == broken(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("3 lines imported")).to_be_visible()
    now = asked(page, "GET", f"/api/v1/volumes/{there['id']}")
    assert ("=New", author) == (now["title"], now["editor"])
    assert "Twice" == asked(page, "GET", "/api/v1/volumes?isbn=new-1")["items"][0]["title"]


def test_health_is_told_and_charted_while_it_is_looked_at(page: Page) -> None:
    """Charts have a point after the second reading; nothing is asked while the page is hidden."""
    page.clock.install()
    page.goto("/console/#/health")
    expect(page.get_by_text("healthy", exact=True)).to_be_visible()
    asked(page, "GET", "/api/v1/authors")
    with page.expect_response("**/metrics"):
        page.clock.run_for(5000)
    chart = page.get_by_role("img", name="Requests a second")
    expect(chart.locator("polyline")).to_have_count(3)
    expect(page.get_by_role("region", name="Memory of the service")).to_contain_text("MiB")
    assert [] == faults_in_every_look(page)


def test_metrics_with_a_token_of_their_own_are_shown_to_who_has_it(
    browser: Browser, tmp_path: Path
) -> None:
    """The page says that it needs one, asks for it, and says so when it is refused."""
    token = "metrics-token-of-at-least-32-characters"
    with (
        serving(tmp_path, {"CONSOLE": "api", "METRICS_TOKEN": token}) as server,
        visiting(browser, server.origin) as page,
    ):
        page.goto("/console/#/health")
        field = page.get_by_label("Token for metrics")
        field.fill(token)
        assert [] == faults_in_every_look(page)
        page.get_by_role("button", name="Show metrics").click()
        expect(page.get_by_role("region", name="Memory of the service")).to_be_visible()


def test_an_export_that_is_cancelled_saves_nothing(page: Page) -> None:
    """Also while the service lets it wait; what is on the screen says so."""
    page.route(
        "**/api/v1/authors?*cursor=*",
        lambda route: route.fulfill(status=429, headers={"retry-after": "600"}),
    )
    page.goto("/console/#/resources/authors/export")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("the service asks to wait")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
