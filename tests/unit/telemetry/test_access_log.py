"""Access lines: what is put together of ready parts is what the encoder would have written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from estuary.core.measurements import RequestServed
from estuary.telemetry.access_log import JsonAccess, access_line
from estuary.telemetry.lines import MAX_TEXT, JsonFormat

RENDER = JsonFormat()
NOON = 1_767_355_200
TEXTS = st.text(st.characters(), max_size=40) | st.text('abz/{}-_.~%"\\\x7f é', max_size=40)


def served(
    *,
    at: float = NOON + 0.123456,
    method: str = "GET",
    path: str = "/api/v1/items/7",
    status: int = 200,
    duration: float = 0.0015,
    size: int = 42,
    trace_id: str | None = None,
    subject: str | None = None,
) -> RequestServed:
    """A request for an item."""
    endpoint = "/api/v1/items/{id}"
    return RequestServed(
        at, "id-1", trace_id, method, endpoint, path, status, duration, size, "192.0.2.1", subject
    )


@given(
    microseconds=st.integers(0, 2 * 10**15) | st.integers(0, 2 * 10**9).map(lambda second: second * 10**6),
    method=st.sampled_from(["GET", "HEAD", "PURGE", 'A"B']),
    path=TEXTS,
    status=st.sampled_from([200, 304, 404, 429, 499, 500, 501, 503]),
    took=st.integers(0, 10**10),
    size=st.integers(0, 10**12),
    trace_id=st.none() | st.just("ab" * 16),
    subject=st.none() | TEXTS,
)
def test_it_is_what_the_encoder_writes(
    microseconds: int,
    method: str,
    path: str,
    status: int,
    took: int,
    size: int,
    trace_id: str | None,
    subject: str | None,
) -> None:
    """To the byte, whatever a client sends: no reader can know which of the two made a line."""
    request = served(
        at=microseconds / 10**6,
        method=method,
        path=path,
        status=status,
        duration=took / 10**6,
        size=size,
        trace_id=trace_id,
        subject=subject,
    )
    assert RENDER(access_line(request)).decode() == JsonAccess(RENDER)(request)


def test_lines_of_one_kind_differ_in_what_is_their_own() -> None:
    """Parts that are kept from one line to the next are never those of another request."""
    access = JsonAccess(RENDER)
    first, second, third = (
        json.loads(access(each))
        for each in (
            served(),
            served(at=NOON + 1.5, path="/api/v1/items/8", duration=0.25, size=1000),
            served(method="HEAD", status=404, size=0),
        )
    )
    assert ("2026-01-02T12:00:00.123456Z", "/api/v1/items/7", 1.5, 42) == (
        first["timestamp"],
        first["path"],
        first["duration_ms"],
        first["bytes"],
    )
    assert ("2026-01-02T12:00:01.500000Z", "/api/v1/items/8", 250.0, 1000) == (
        second["timestamp"],
        second["path"],
        second["duration_ms"],
        second["bytes"],
    )
    assert ("HEAD", 404, "2026-01-02T12:00:00.123456Z") == (
        third["method"],
        third["status"],
        third["timestamp"],
    )


def test_a_subject_is_never_another_requests() -> None:
    """What is kept of the last one is used for it alone, whatever comes between."""
    access = JsonAccess(RENDER)
    subjects = ["ann", "ann", "bob", None, 'b"b', "bob", "x" * (MAX_TEXT + 1), "", "ann"]
    lines = [json.loads(access(served(subject=each))) for each in subjects]
    assert subjects == [line.get("subject") for line in lines]
