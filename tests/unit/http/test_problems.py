"""Answers for errors that no request of a test can bring about everywhere."""

import json
from typing import Any

import pytest

from estuary.core.access.identity import Refusal
from estuary.core.errors import (
    Advice,
    EstuaryError,
    QueriesWaiting,
    QueryTooExpensive,
    QueryUnsupported,
    StoreNotEmpty,
    Unauthenticated,
)
from estuary.http.errors import Overloaded, RateLimited
from estuary.http.header_fields import fields_of
from estuary.http.messages import Request
from estuary.http.problems import Problems
from estuary.http.worded_errors import REPLIES

WORDED = [
    *(kind("why") for kind in REPLIES),
    RateLimited(1.2),
    Overloaded(0.5),
    *map(Unauthenticated, (Refusal.MISSING, Refusal.EXPIRED, Refusal.SIGNATURE)),
]
"""Errors whose words are ready."""


def reported(error: EstuaryError, accept: bytes) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a client that accepts `accept`."""
    request = Request("GET", "/", "", fields_of([(b"accept", accept)]), "")
    response = Problems(lambda: 1.0).render(error, request)
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    ("advice", "declared"),
    [
        (("binding", "-published_at"), 'indexes=[("binding", "-published_at")]'),
        (("binding",), 'indexes=[("binding",)]'),
    ],
)
def test_the_index_that_a_query_lacks_is_a_line_to_paste(advice: tuple[str, ...], declared: str) -> None:
    """422 in either form, with the line in the message and by itself."""
    message = f"Query costs too much without an index: declare {declared}"
    status, body = reported(QueryTooExpensive(Advice(advice)), b"application/json")
    assert (422, "QUERY_TOO_EXPENSIVE", message) == (status, body["error"], body["message"])
    assert {"declare": declared} == body["details"]["context"]
    status, body = reported(QueryTooExpensive(Advice(advice)), b"application/problem+json")
    assert (422, "QUERY_TOO_EXPENSIVE", message) == (status, body["code"], body["detail"])
    assert {"declare": declared} == body["context"]


@pytest.mark.parametrize(
    ("advice", "message", "context"),
    [
        (
            Advice(sort="pages"),
            "Query costs too much in this order: an index serves it with sort=pages",
            {"sort": "pages"},
        ),
        (
            Advice(("pages",), "pages"),
            'Query costs too much without an index: declare indexes=[("pages",)], and ask for sort=pages',
            {"declare": 'indexes=[("pages",)]', "sort": "pages"},
        ),
    ],
)
def test_the_order_in_which_an_index_serves_a_query_is_told(
    advice: Advice, message: str, context: dict[str, str]
) -> None:
    """The parameter to ask with, beside the line to paste where there is no such index yet."""
    status, body = reported(QueryTooExpensive(advice), b"application/json")
    assert (422, message, {"context": context}) == (status, body["message"], body["details"])


@pytest.mark.parametrize(
    ("advice", "message"),
    [
        (Advice(), "Query costs too much, and no index would serve it: ask for less, or otherwise"),
        (Advice(counts=True), "Query costs too much with count=exact: ask for count=limited, or none"),
        (Advice(skips=True), "Query costs too much from this offset: page by cursor"),
    ],
)
def test_a_query_that_no_other_index_would_serve_says_so(advice: Advice, message: str) -> None:
    """422 without a line that would not help."""
    status, body = reported(QueryTooExpensive(advice), b"application/json")
    assert (422, "QUERY_TOO_EXPENSIVE") == (status, body["error"])
    assert message == body["message"]
    assert "details" not in body


def test_what_cannot_be_answered_is_told_as_it_is() -> None:
    """422 with the reason that was given."""
    status, body = reported(QueryUnsupported("sort: this store orders in one direction"), b"*/*")
    assert (422, "QUERY_UNSUPPORTED") == (status, body["error"])
    assert "sort: this store orders in one direction" == body["message"]


def test_a_query_that_waited_in_vain_blames_no_database() -> None:
    """It may be sent again, and its reader does not look for an outage."""
    status, body = reported(QueriesWaiting(), b"application/json")
    assert 503 == status
    assert ("SERVICE_UNAVAILABLE", "Too many queries without an index are under way") == (
        body["error"],
        body["message"],
    )


@pytest.mark.parametrize("error", WORDED, ids=repr)
@pytest.mark.parametrize("accept", [b"application/json", b"application/problem+json"])
def test_words_that_are_ready_are_what_the_encoder_writes(error: EstuaryError, accept: bytes) -> None:
    """Byte for byte what an error of a kind that is not known gets, for which nothing is ready."""
    another = type("Another", (type(error),), {})(*error.args)
    request = Request("GET", "/", "", fields_of([(b"accept", accept)]), "")
    request.request_id = "id-1"
    encoded, ready = (Problems(lambda: 1.5).render(each, request) for each in (another, error))
    assert (encoded.status, encoded.lines, encoded.body) == (ready.status, ready.lines, ready.body)
    assert "1970-01-01T00:00:01.500000Z" == json.loads(ready.body)["timestamp"]


def test_what_is_said_of_a_family_has_the_code_of_its_member() -> None:
    """The words are the family's, which are ready with its own code."""
    status, body = reported(StoreNotEmpty(), b"application/json")
    assert (500, "CONFLICT", "Database query error") == (status, body["error"], body["message"])
