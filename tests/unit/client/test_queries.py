"""What lists are asked for: by a URL where that says it, else by a body."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from estuary.client.conditions import Condition, not_
from estuary.client.errors import UnexpectedAnswer
from estuary.client.exchange import Answer, Attempt, Request, RetryPolicy
from estuary.client.queries import ListQuery, PageWalk, QueryBuilder
from estuary.client.records import Page, codec_of

POLICY = RetryPolicy(timeout=30.0, attempt_timeout=10.0, retries=0)
BOOKS = "/api/v1/books"


class Spine(Struct):
    """Two fields of a book."""

    title: str
    made: datetime | None = None


def asked(*conditions: Condition, **comparisons: Any) -> "QueryBuilder[dict[str, Any], None]":
    """A query of books, whose values are dicts."""
    return QueryBuilder(None, ListQuery(BOOKS, codec_of(dict[str, Any]), POLICY)).where(
        *conditions, **comparisons
    )


def request_of(query: QueryBuilder[Any, None]) -> Request:
    """What is sent for the first page."""
    step = next(query._query.page(10, ""))
    assert isinstance(step, Attempt)
    return step.request


def body_of(request: Request) -> Any:
    """What a query by a body says."""
    assert ("POST", f"{BOOKS}/query") == (request.method, request.path)
    assert {"Content-Type": "application/json"} == request.headers
    return msgspec.json.decode(request.body or b"")


def test_a_url_says_what_it_can() -> None:
    """Conditions, order, and what is expanded; with commas between names, as the service has them."""
    query = asked(pages__gte=1, title="a&b").sort("-pages", "title").expand("author", "editor")
    request = request_of(query)
    message = "pages.gte=1&title=a%26b&limit=10&cursor=&sort=-pages%2Ctitle&expand=author%2Ceditor"
    assert ("GET", f"{BOOKS}?{message}", None) == (request.method, request.path, request.body)


def test_fields_are_those_of_a_type_or_named() -> None:
    """The times of a record are asked for beside them, for types say that they are there."""
    by_type = QueryBuilder(None, asked()._query.with_fields((Spine,)))
    assert request_of(by_type).path.endswith("fields=title%2Cmade%2Ccreated_at%2Cupdated_at")
    by_name = QueryBuilder(None, asked()._query.with_fields(("pages",)))
    assert request_of(by_name).path.endswith("fields=pages%2Ccreated_at%2Cupdated_at")


def test_what_a_url_cannot_say_goes_into_a_body() -> None:
    """Logic, one operator twice on a field, and what is too long for a proxy."""
    query = asked(not_(pages=1), title="a").sort("pages").owner("north")
    expected = {"where": {"not": {"pages": {"eq": 1}}, "title": {"eq": "a"}}, "limit": 10, "cursor": ""}
    assert expected | {"sort": ["pages"], "owner": "north"} == body_of(request_of(query))
    twice = body_of(request_of(asked(pages__ne=1).where(pages__ne=2)))
    assert {"pages": {"ne": 1}, "and": [{"pages": {"ne": 2}}]} == twice["where"]
    ids = ["x" * 36] * 100
    assert {"id": {"in": ids}} == body_of(request_of(asked(id__in=ids)))["where"]


def test_a_question_stays_as_it_is() -> None:
    """Each method gives another one."""
    query = asked(pages=1)
    query.where(pages__lt=2).sort("pages").limit(1).expand("author").owner("x")
    assert f"{BOOKS}?pages=1&limit=10&cursor=" == request_of(query).path


def carry_out(walk: PageWalk[Any], answers: list[Any]) -> list[tuple[int, str]]:
    """Limit and cursor of each request of a walk that has these answers."""
    seen = []
    while (steps := walk.next_page()) is not None:
        step = next(steps)
        assert isinstance(step, Attempt)
        query = step.request.path.partition("?")[2].split("&")
        seen.append((int(query[0].removeprefix("limit=")), query[1].removeprefix("cursor=")))
        with pytest.raises(StopIteration) as done:
            steps.send(Answer(200, {}, msgspec.json.encode(answers.pop(0))))
        assert isinstance(done.value.value, Page)
    return seen


def page(size: int, cursor: str | None) -> dict[str, Any]:
    """An answer with so many records."""
    record = {"id": "1", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return {"items": [record] * size, "next_cursor": cursor}


def test_a_walk_asks_for_no_more_than_is_wanted() -> None:
    """It ends where as many as were asked for came, or the list does."""
    limited = PageWalk(asked().limit(5)._query, 2, "")
    assert [(2, ""), (2, "a"), (1, "b")] == carry_out(limited, [page(2, "a"), page(2, "b"), page(1, "c")])
    assert [(2, "x")] == carry_out(PageWalk(asked()._query, 2, "x"), [page(1, None)])
    assert [] == carry_out(PageWalk(asked().limit(0)._query, 2, ""), [])


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_has_the_services_bounds(size: int) -> None:
    """Told before anything is asked."""
    with pytest.raises(ValueError, match=f"a page has 1 to 100 records, not {size}"):
        PageWalk(asked()._query, size, "")
    with pytest.raises(ValueError, match="limit: must be 0 or more, not -1"):
        asked().limit(-1)


def test_a_list_that_cannot_be_read_is_told() -> None:
    """As one of another service."""
    steps = asked()._query.page(10, "")
    next(steps)
    with pytest.raises(UnexpectedAnswer, match="the list cannot be read: "):
        steps.send(Answer(200, {}, b"[]"))
