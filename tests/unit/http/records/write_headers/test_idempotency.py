"""The Idempotency-Key field: the same key in every spelling, and a fingerprint of all that is asked."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.http.errors import InvalidParameter
from estuary.http.header_fields import fields_of
from estuary.http.messages import Request
from estuary.http.openapi.header_parameters import PARAMETERS
from estuary.http.records.write_headers.idempotency import KeyHeader, key_text

ACCEPTED = re.compile(PARAMETERS["IdempotencyKey"]["schema"]["pattern"])
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOME_ID = "019a9f3c-5f00-7c11-9d52-0123456789ab"
PRINTABLE = "".join(map(chr, range(32, 127)))

near_misses = st.text('"\\ ab,;=?0', max_size=8) | st.text(
    st.characters(min_codepoint=1, max_codepoint=255), max_size=8
)


def asked(*values: str, method: str = "POST", path: str = "/items", query: str = "") -> Request:
    """A request with these lines of the field."""
    headers = fields_of([(b"idempotency-key", value.encode("latin-1")) for value in values])
    return Request(method, path, query, headers, "")


@given(st.text(PRINTABLE, min_size=1, max_size=255))
def test_every_string_of_the_draft_is_read(key: str) -> None:
    """In quotes, with a backslash before quotes and backslashes (RFC 9651, 3.3.3)."""
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert key == key_text(asked(quoted)) == key_text(asked(f" {quoted}\t"))


@pytest.mark.parametrize(
    "parameters",
    [
        ";a=1",
        "; a",
        ' ;a="b;c\\"d"; b=?0',
        ";a=:YWI=:;*b.-_1=-1.5",
        ";a=t/k:n",
        ";a=@1659578233",
        ';a=%"f%c3"',
    ],
)
def test_parameters_mean_nothing(parameters: str) -> None:
    """RFC 9651, 3.1.2: they may stand behind the string, and the key is the same."""
    assert "k;x" == key_text(asked(f'"k;x"{parameters}'))


@pytest.mark.parametrize("value", ['"k";', '"k";A=1', '"k";a=', '"k"a', '"k" x', '"k";a=1,"l"', '"k"; a="'])
def test_what_only_looks_like_parameters_is_refused(value: str) -> None:
    """As is whatever begins with a quote and is no string."""
    with pytest.raises(InvalidParameter):
        key_text(asked(value))


def test_a_field_beyond_all_proportion_is_not_read() -> None:
    """However short its key is."""
    with pytest.raises(InvalidParameter):
        key_text(asked('"k"' + ";a" * 1000))


def test_an_id_in_capitals_is_the_same_request() -> None:
    """The path that is fingerprinted has the id in its one spelling."""
    lower, upper = (asked(method="PUT", path=f"/items/{each}") for each in (SOME_ID, SOME_ID.upper()))
    lower.record_id = upper.record_id = SOME_ID
    assert fingerprint(lower) == fingerprint(upper)


@given(st.text(PRINTABLE.replace('"', ""), min_size=1, max_size=255).filter(lambda key: key == key.strip()))
def test_every_bare_key_is_read(key: str) -> None:
    """Without quotes the text is the key, backslashes included."""
    assert key == key_text(asked(key))


@given(near_misses)
def test_the_document_describes_what_is_accepted(text: str) -> None:
    """A key is taken if, and only if, it matches the pattern that clients are told."""
    try:
        accepted = key_text(asked(text)) is not None
    except InvalidParameter:
        accepted = False
    assert accepted == (ACCEPTED.fullmatch(text.strip(" \t")) is not None)


def fingerprint(request: Request, body: bytes = b"{}") -> str:
    """The fingerprint of a request."""
    return KeyHeader(request, "key", NOW).with_body(body).fingerprint


def test_a_fingerprint_tells_requests_apart() -> None:
    """Method, path and body, each for itself: no part can be moved from one into the next."""
    requests = [
        (asked(), b"{}"),
        (asked(method="PUT"), b"{}"),
        (asked(path="/items/1"), b"{}"),
        (asked(), b"{ }"),
        (asked(), b""),
        (asked(), b"{}\n"),
        (asked(path="/items\n{}"), b""),
        (asked(path="/items\n"), b"{}"),
    ]
    assert len(requests) == len({fingerprint(request, body) for request, body in requests})
    assert fingerprint(asked()) == fingerprint(asked())


def test_a_put_that_creates_is_another_request_than_one_that_changes() -> None:
    """Their bodies say different things."""
    changes, creates = (KeyHeader(asked(method="PUT"), "key", NOW, each) for each in (False, True))
    assert changes.with_body(b"{}").fingerprint != creates.with_body(b"{}").fingerprint


def test_a_dry_run_has_the_fingerprint_of_the_write() -> None:
    """Its only parameter says that it is one."""
    assert fingerprint(asked()) == fingerprint(asked(query="validate_only=true"))


def test_any_path_has_a_fingerprint() -> None:
    """Also one that is no text in UTF-8."""
    assert 32 == len(fingerprint(asked(path="/items/\udcff")))


def test_a_key_is_the_subjects() -> None:
    """Who has no name has the empty one."""
    request = asked()
    assert "" == KeyHeader(request, "key", NOW).with_body(b"").subject
    request.subject = "her"
    key = KeyHeader(request, "key", NOW).with_body(b"")
    assert ("her", "", "key", NOW) == (key.subject, key.owner, key.text, key.now)


def test_a_key_is_the_owners() -> None:
    """For each owner, and for none, place and fingerprint are others, for any subject."""
    keys = []
    for owner in (None, "a", "b"):
        request = asked()
        request.subject, request.owner = "her", owner
        keys.append(KeyHeader(request, "key", NOW).with_body(b"{}"))
    assert ["", "a", "b"] == [key.owner for key in keys]
    assert 3 == len({key.place for key in keys}) == len({key.fingerprint for key in keys})
    # What earlier releases kept, which knew no owners, is what a key without one has.
    assert [keys[0].fingerprint + owner for owner in ("", "a", "b")] == [key.fingerprint for key in keys]
