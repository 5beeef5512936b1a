"""Writes as the service takes them."""

from typing import Any

import msgspec
import pytest

from estuary.client.errors import NotShown, UnexpectedAnswer
from estuary.client.exchange import Answer
from estuary.client.records import codec_of
from estuary.client.writes import Options, creating, deleting, patching, results_in, setting, written

PATH = "/api/v1/books/1"
IF_3 = {"If-Match": '"3"'}
ANY = {"If-Match": "*"}


@pytest.mark.parametrize(
    ("fields", "writes"),
    [
        ({"a": 1, "o": {"x": None}}, [("PUT", IF_3, {"a": 1, "o": {"x": None}})]),
        ({"a": 1, "b": None}, [("PATCH", IF_3, {"a": 1, "b": None})]),
        ({"b": None, "o": {"x": None}}, [("PUT", IF_3, {"o": {"x": None}}), ("PATCH", ANY, {"b": None})]),
    ],
)
def test_fields_are_set_whatever_they_were(fields: dict[str, Any], writes: list[Any]) -> None:
    """`PUT` cannot clear, `PATCH` cannot replace an object: where there are both, it takes two."""
    made = setting(PATH, fields, 3)
    assert writes == [(each.method, each.headers, each.body) for each in made]
    assert {PATH} == {each.path for each in made}


def test_a_request_carries_a_key_of_its_own() -> None:
    """Another one for each call, unless one is given."""
    write = creating("/api/v1/books", {"a": 1}, None)
    first, second = write.alone(Options()), write.alone(Options())
    assert None not in (first.idempotency_key, second.idempotency_key)
    assert first.idempotency_key != second.idempotency_key
    assert "k" == write.alone(Options(idempotency_key="k")).idempotency_key


def test_the_forms_of_writes() -> None:
    """Method, path, headers and body."""
    patch = patching(PATH, {"a": None}, 3).alone(
        Options(owner="é", validate_only=True, idempotency_key="k")
    )
    media_type = {"Content-Type": "application/merge-patch+json", "Idempotency-Key": "k"}
    assert ("PATCH", f"{PATH}?owner=%C3%A9&validate_only=true") == (patch.method, patch.path)
    assert ({**IF_3, **media_type}, b'{"a":null}') == (patch.headers, patch.body)
    delete = deleting(PATH, None)
    assert {"method": "DELETE", "path": PATH, "headers": {}} == delete.operation
    assert delete.alone(Options(idempotency_key="k")).headers == {"Idempotency-Key": "k"}
    create = creating("/api/v1/books", {"a": 1}, "7")
    assert ("PUT", "/api/v1/books/7", {"If-None-Match": "*"}) == (
        create.method,
        create.path,
        create.headers,
    )


@pytest.mark.parametrize("body", [b"", b"{}", b'{"results":[]}', b'{"results":[{"status":"x"}]}'])
def test_a_batch_without_its_results_is_told(body: bytes) -> None:
    """An answer of another service, say."""
    with pytest.raises(UnexpectedAnswer, match="batch"):
        results_in(Answer(200, {}, body), 1)


def test_the_results_of_a_batch() -> None:
    """One for each operation; a delete has no body."""
    body = msgspec.json.encode(
        {"results": [{"status": 200, "headers": {"etag": '"2"'}, "body": {"a": 1}}, {"status": 204}]}
    )
    first, second = results_in(Answer(200, {}, body), 2)
    assert (200, '"2"', b'{"a":1}') == (first.status, first.headers["etag"], bytes(first.body))
    assert (204, {}, b"") == (second.status, second.headers, bytes(second.body))


def test_a_record_that_its_writer_may_not_read() -> None:
    """The write is made, and the answer does not show it; asking for it says so."""
    record = written(codec_of(dict[str, Any]), Answer(204, {}, b""))
    assert ("Record(not shown)", None) == (repr(record), record.version)
    for attribute in ("id", "value", "created_at", "updated_at"):
        with pytest.raises(NotShown, match="the write was made"):
            getattr(record, attribute)
