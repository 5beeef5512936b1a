"""What clients are told of errors that no request of a test can bring about everywhere."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from estuary.core.errors import EstuaryError, QueriesWaiting, QueryTooExpensive, QueryUnsupported
from estuary.http.fields import fields_of
from estuary.http.messages import Request
from estuary.http.problems import Problems


def told(error: EstuaryError, accept: bytes) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a client that accepts `accept`."""
    request = Request("GET", "/", "", fields_of([(b"accept", accept)]), "")
    response = Problems(lambda: datetime(2026, 11, 29, tzinfo=UTC)).render(error, request)
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
    status, body = told(QueryTooExpensive(advice), b"application/json")
    assert (422, "QUERY_TOO_EXPENSIVE", message) == (status, body["error"], body["message"])
    assert {"declare": declared} == body["details"]["context"]
    status, body = told(QueryTooExpensive(advice), b"application/problem+json")
    assert (422, "QUERY_TOO_EXPENSIVE", message) == (status, body["code"], body["detail"])
    assert {"declare": declared} == body["context"]


def test_a_query_that_no_index_would_serve_says_so() -> None:
    """422 without a line that would not help."""
    status, body = told(QueryTooExpensive(None), b"application/json")
    assert (422, "QUERY_TOO_EXPENSIVE") == (status, body["error"])
    assert "no index would serve it" in body["message"]
    assert "details" not in body


def test_what_cannot_be_answered_is_told_as_it_is() -> None:
    """422 with the reason that was given."""
    status, body = told(QueryUnsupported("sort: this store orders in one direction"), b"*/*")
    assert (422, "QUERY_UNSUPPORTED") == (status, body["error"])
    assert "sort: this store orders in one direction" == body["message"]


def test_a_query_that_waited_in_vain_blames_no_database() -> None:
    """It may be sent again, and its reader does not look for an outage."""
    status, body = told(QueriesWaiting(), b"application/json")
    assert 503 == status
    assert ("SERVICE_UNAVAILABLE", "Too many queries without an index are under way") == (
        body["error"],
        body["message"],
    )
