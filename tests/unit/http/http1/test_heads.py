"""Heads of answers are the same bytes whatever Python renders them."""

import pytest

from estuary.http.http1.heads import Heads
from estuary.http.messages import Response


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, "OK"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (422, "Unprocessable Content"),
        (599, ""),
    ],
)
def test_the_status_line_has_the_phrase_of_the_standard(status: int, phrase: str) -> None:
    """RFC 9110's phrase, where Pythons differ too; none, but its space, where there is no phrase."""
    head = Heads([]).render(Response(status, b""), "")
    assert f"HTTP/1.1 {status} {phrase}".encode() == head.split(b"\r\n")[0]
