"""Heads of answers are the same bytes whatever Python renders them."""

from email.utils import formatdate

import pytest

from estuary.http.http1.heads import Heads, http_date
from estuary.http.messages import CSP, PageResponse, Response


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


@pytest.mark.parametrize(
    "second", [0, 784_111_777, 951_827_696, 1_798_761_599, 1_798_761_600, 4_102_444_799]
)
def test_dates_are_those_of_the_standard_library(second: int) -> None:
    """Of every weekday and both ends of a year, a leap day too."""
    assert formatdate(second, usegmt=True) == http_date(second)


@pytest.mark.parametrize("status", [200, 304])
def test_a_page_has_its_own_policy_alone(status: int) -> None:
    """In place of the constant one, not beside it; other answers with fields of their own keep that."""
    heads = Heads([("x-constant", "1"), (CSP, "default-src *")])
    fields = ((CSP, "default-src 'none'"),)
    page = heads.render(PageResponse(status, b"", fields), "")
    assert [b"default-src 'none'"] == policies(page)
    assert b"\r\nx-constant: 1\r\n" in page
    other = heads.render(Response(status, b"", (("etag", '"1"'),)), "")
    assert [b"default-src *"] == policies(other)


def policies(head: bytes) -> list[bytes]:
    """The values of the policies in a head."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    return [value for name, _, value in lines if name == CSP.encode()]
