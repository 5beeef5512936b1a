"""Generated clients walk a filtered, sorted list of a real server, by URL and by query."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.books import BOOKS_REFERENCE, book_body
from tests.support.documents import ROOT
from tests.support.generators import python_client, run, typescript
from tests.support.process import TIMEOUT_SECONDS, Server, serving

WALKED = ["g 700", "e 500", "c 300"]
QUERIED = ["a 100", "g 700"]

PYTHON = """
import json, sys
from client import Client
from client.api.books import list_books, query_books
from client.models import (
    BookBindingChoice, BookCondition, BookConditionBinding, BookConditionPages, BookConditionTitle,
    BookPage, BookQuery,
)

walked, cursor = [], ""
with Client(base_url=sys.argv[1]) as client:
    while cursor is not None:
        page = list_books.sync(
            client=client, pages_gte=200, binding=BookBindingChoice.PAPER, title_in=["c", "e", "g"],
            sort="-pages", limit=2, cursor=cursor,
        )
        assert isinstance(page, BookPage), page
        walked += [f"{book.title} {book.pages}" for book in page.items]
        cursor = page.next_cursor
    lowest = BookCondition(pages=BookConditionPages(lt=200))
    cloth = BookCondition(binding=BookConditionBinding(eq=BookBindingChoice.CLOTH))
    early = BookCondition(title=BookConditionTitle(lt="g"))
    where = BookCondition(or_=[lowest, BookCondition(not_=BookCondition(or_=[cloth, early]))])
    queried = query_books.sync(client=client, body=BookQuery(where=where, sort=["pages"]))
print(json.dumps([walked, [f"{book.title} {book.pages}" for book in queried.items], queried.total]))
"""

TYPESCRIPT = """
import type { components, paths } from "./api";

declare const process: { argv: string[] };
type List = paths["/api/v1/books"]["get"];
type Query = NonNullable<List["parameters"]["query"]>;
type Listed = List["responses"][200]["content"]["application/json"];
type Body = components["schemas"]["BookQuery"];
const books = `${process.argv[2]}/api/v1/books`;

async function walk(asked: Query): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const url = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...asked, cursor }))
      for (const each of [value].flat()) url.append(name, String(each));
    const page: Listed = await (await fetch(`${books}?${url}`)).json();
    if (!("next_cursor" in page)) throw new Error(JSON.stringify(page));
    seen.push(...page.items.map((book) => `${book.title} ${book.pages}`));
    cursor = page.next_cursor ?? null;
  }
  return seen;
}

async function query(body: Body): Promise<Listed> {
  const headers = { "Content-Type": "application/json" };
  return (await fetch(books, { method: "QUERY", headers, body: JSON.stringify(body) })).json();
}

// @ts-expect-error: a misspelt parameter is none
export const misspelt: Query = { "pages.gt_": 5 };
// @ts-expect-error: a number is no text
export const mistyped: Query = { "pages.gt": "5" };

async function main(): Promise<void> {
  const titles = ["c", "e", "g"];
  const walked = await walk({
    "pages.gte": 200, binding: "paper", "title.in": titles, sort: "-pages", limit: 2, fields: "title,pages",
  });
  const neither = { or: [{ binding: { eq: "cloth" as const } }, { title: { lt: "g" } }] };
  const where = { or: [{ pages: { lt: 200 } }, { not: neither }] };
  const listed = await query({ where, sort: ["pages"] });
  const queried = listed.items.map((book) => `${book.title} ${book.pages}`);
  console.log(JSON.stringify([walked, queried, "total" in listed ? listed.total : null]));
}
main();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with seven books: a to g, of 100 to 700 pages."""
    folder = tmp_path_factory.mktemp("server")
    variables = {"DATABASE_TYPE": "memory", "PYTHONPATH": str(ROOT), "RESOURCES": BOOKS_REFERENCE}
    with serving(folder, variables) as server:
        for number, title in enumerate("abcdefg"):
            body = book_body(
                title=title, pages=100 * (number + 1), binding="cloth" if number % 2 else "paper"
            )
            url = f"{server.origin}/api/v1/books"
            assert httpx.post(url, json=body, timeout=TIMEOUT_SECONDS).is_success
        yield server


@pytest.fixture
def document(server: Server, tmp_path: Path) -> Path:
    """The server's own document, in a file."""
    file = tmp_path / "openapi.json"
    file.write_bytes(httpx.get(f"{server.origin}/openapi.json", timeout=TIMEOUT_SECONDS).content)
    return file


def test_a_client_in_python(server: Server, document: Path, tmp_path: Path) -> None:
    """Its functions take a parameter for each field and operator, and its models make a query."""
    reported = run(tmp_path, python_client(document, tmp_path), "-c", PYTHON, server.origin)
    assert [WALKED, QUERIED, 2] == json.loads(reported)


def test_types_in_typescript(server: Server, document: Path, tmp_path: Path) -> None:
    """What compiles against openapi-typescript's types does what it says."""
    options = ("--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom,dom.iterable")
    typescript(document, tmp_path, TYPESCRIPT, *options)
    assert [WALKED, QUERIED, 2] == json.loads(run(tmp_path, "node", "use.js", server.origin))
