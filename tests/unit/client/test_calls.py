"""The calls on one resource, carried out by hand."""

from collections.abc import Generator
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from estuary.client.calls import Calls
from estuary.client.errors import PreconditionFailed, UnexpectedAnswer
from estuary.client.exchange import Answer, Attempt, Pause, RetryPolicy
from estuary.client.records import Codec, codec_of
from estuary.client.writes import Options

POLICY = RetryPolicy(timeout=30.0, attempt_timeout=10.0, retries=0)
TIME = "2026-11-24T00:11:27.852921Z"


class Book(Struct, frozen=True):
    """Two fields."""

    title: str
    isbn: str | None = None


def calls(codec: Codec[Any] | None = None) -> Calls[Any]:
    """Those on books."""
    return Calls("books", codec or codec_of(Book), POLICY)


def answer(version: int | None, **fields: Any) -> Answer:
    """A record."""
    tags = {} if version is None else {"etag": f'"{version}"'}
    record = {"id": "1", **fields, "created_at": TIME, "updated_at": TIME}
    return Answer(200, tags, msgspec.json.encode(record))


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("ä b", "%C3%A4%20b"),
        ("a+b%", "a%2Bb%25"),
        ("...", "..."),
        (5, "5"),
        (True, "true"),
    ],
)
def test_a_value_is_one_segment_of_a_path(value: Any, segment: str) -> None:
    """Whatever is in it."""
    assert f"/api/v1/books/by/isbn/{segment}" == calls().at_value("isbn", value)


def test_a_delete_is_believed_by_its_status_alone() -> None:
    """A proxy that asks to sign in answers 200, and nothing was deleted."""
    steps = calls().delete("/api/v1/books/1", Options())
    next(steps)
    with pytest.raises(UnexpectedAnswer, match="204, not with 200"):
        steps.send(Answer(200, {}, b"<html>"))


def test_a_write_that_is_answered_by_another_program_can_be_sent_again() -> None:
    """It may have been made: the exception has its key."""
    steps = calls().create(Book("Walden"), None, Options(idempotency_key="k"))
    next(steps)
    with pytest.raises(UnexpectedAnswer) as error:
        steps.send(Answer(200, {}, b"<html>"))
    assert "k" == error.value.idempotency_key


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_what_stands_for_another_path_is_refused(text: str) -> None:
    """On its way it would become that."""
    with pytest.raises(ValueError, match="cannot stand in a path"):
        calls().at(text)
    with pytest.raises(ValueError, match="cannot stand in a path"):
        calls().at_value("isbn", text)


def test_a_misspelt_field_is_told() -> None:
    """The service would pass over it; of a dict no names are known."""
    with pytest.raises(TypeError, match=r"^titel is no field of Book: title, isbn are$"):
        calls().change("/1", {"titel": "a"}, None)
    assert {"titel": "a"} == calls(codec_of(dict)).change("/1", {"titel": "a"}, None).body


def test_an_upsert_needs_the_value_that_it_is_found_by() -> None:
    """In the value itself, which says it once."""
    write = calls().upserting("isbn", Book("a", "x/y"), 3)
    assert ("PUT", "/api/v1/books/by/isbn/x%2Fy", {"If-Match": '"3"'}) == (
        write.method,
        write.path,
        write.headers,
    )
    with pytest.raises(ValueError, match=r"^isbn: the value has none"):
        calls().upserting("isbn", Book("a"), None)


def sent_by(steps: Generator[Any, Any, Any], *answers: Answer) -> list[tuple[str, Any]]:
    """Method and body of each request of a call that has these answers; pauses are passed over."""
    sent, given = [], [None, *answers]
    try:
        while True:
            step = steps.send(given.pop(0))
            while isinstance(step, Pause):
                step = steps.send(None)
            assert isinstance(step, Attempt)
            sent.append((step.request.method, msgspec.json.decode(step.request.body or b"null")))
    except StopIteration:
        return sent


def test_an_edit_sends_what_differs() -> None:
    """Also of a value that is changed in place; a member that is gone is cleared."""

    def change(book: dict[str, Any]) -> dict[str, Any]:
        book["pages"] += 1
        del book["isbn"]
        return book

    steps = calls(codec_of(dict)).edit("1", change, 1)
    read = answer(3, title="a", isbn="x", pages=1)
    assert [("GET", None), ("PATCH", {"pages": 2, "isbn": None})] == sent_by(steps, read, answer(4))


def test_an_edit_that_changes_nothing_sends_nothing() -> None:
    """The record is what was read."""
    steps = calls().edit("1", lambda book: Book(book.title), 1)
    assert [("GET", None)] == sent_by(steps, answer(3, title="a"))


def test_an_edit_ends_after_its_attempts() -> None:
    """With what the last one was refused by."""
    stale = Answer(412, {}, b"")
    steps = calls().edit("1", lambda book: Book(f"{book.title}!"), 2)
    read = answer(3, title="a")
    with pytest.raises(PreconditionFailed):
        sent_by(steps, read, stale, read, stale)


def test_an_edit_needs_a_version() -> None:
    """Without one it could write over what others wrote."""
    with pytest.raises(UnexpectedAnswer, match="no ETag"):
        sent_by(calls().edit("1", lambda book: book, 1), answer(None, title="a"))
