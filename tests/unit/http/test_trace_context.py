"""Trace context: whose trace a request belongs to (W3C Trace Context, sections 3.2.2 and 3.2.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.http.trace_context import trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "traceparent",
    [
        f"00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-00",
        f"01-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like",
        f"fe-{TRACE}-{PARENT}-01-",
    ],
)
def test_a_valid_header_names_its_trace(traceparent: str) -> None:
    """Version 00 exactly, a higher version also with more behind a dash."""
    assert TRACE == trace_id_of(traceparent)


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        TRACE,
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"01-{TRACE}-{PARENT}-01more",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-1",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-0g",
        f" 00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
        f"00-{TRACE[:-1]}٣-{PARENT}-01",
    ],
)
def test_any_other_header_names_none(traceparent: str | None) -> None:
    """An invalid header is as good as none."""
    assert trace_id_of(traceparent) is None


@given(st.text())
def test_no_header_breaks_a_request(traceparent: str) -> None:
    """Whatever a client sends: a trace id, or None."""
    trace_id = trace_id_of(traceparent)
    assert trace_id is None or 32 == len(trace_id)
