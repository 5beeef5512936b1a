"""The Prefer field: read as RFC 7240 has it, and ignored where it cannot be read."""

import pytest

from estuary.http.header_fields import Fields
from estuary.http.records.write_headers.preferences import prefers_minimal


def fields(*lines: str) -> Fields:
    """A head with these lines of the field."""
    found = Fields()
    for line in lines:
        found.add(b"prefer", line.encode("latin-1"))
    return found


@pytest.mark.parametrize(
    "lines",
    [
        ("return=minimal",),
        ("Return = minimal",),
        ('return="minimal"',),
        ("respond-async, wait=10, return=minimal",),
        ('foo; bar="a,b;\\"c"; baz, return=minimal; x=1',),
        ("foo;;;  ; , ,return=minimal",),
        ("handling=lenient", "return=minimal"),
        ("return=minimal, return=representation",),
    ],
)
def test_a_minimal_answer_is_asked_for(lines: tuple[str, ...]) -> None:
    """By any spelling of the preference, among others; the first one counts."""
    assert prefers_minimal(fields(*lines))


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("return=representation",),
        ("return=representation, return=minimal",),
        ("return",),
        ("return=Minimal",),
        ("foo; return=minimal",),
        ('foo="return=minimal"',),
        ("returns=minimal",),
        ("return=minimal:",),
        ("=minimal, return=minimal",),
        ('foo="open, return=minimal',),
        ("x" * 1100 + ", return=minimal",),
    ],
)
def test_else_it_is_not(lines: tuple[str, ...]) -> None:
    """Another preference, or none that can be read."""
    assert not prefers_minimal(fields(*lines))


def test_reading_never_goes_back() -> None:
    """A field that is nothing but blanks and marks, and ends badly, is read once from end to end."""
    assert not prefers_minimal(fields("a" + "; \t" * 300 + "@, return=minimal"))
