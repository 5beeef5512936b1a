"""What an error is answered with, whatever the form of the body."""

import math
from typing import Any, Final

import msgspec

from estuary.core.errors import EstuaryError, Violation
from estuary.http.envelopes import Envelope, Problem
from estuary.http.messages import line

_encode: Final = msgspec.json.Encoder().encode


class Wording:
    """What all errors of exactly one `kind` say: their bodies are ready, but for time and request id.

    Refusals come in floods, and encoded each time they would cost more than what is served.
    """

    def __init__(self, kind: type[EstuaryError], status: int, message: str) -> None:
        self.kind: Final = kind
        self.status: Final = status
        self.message: Final = message
        self._envelope: Final = _opening(Envelope(kind.code, message, "", ""))
        self._problem: Final = _opening(problem_of(kind.code, Reply(status, message), "", ""))

    def body(self, timestamp: str, request_id: str, *, as_problem: bool) -> bytes:
        """The body with both, which are texts in which JSON escapes nothing."""
        opening = self._problem if as_problem else self._envelope
        return f'{opening}{timestamp}","request_id":"{request_id}"}}'.encode()


class Reply:
    """The answer to an error; `lines` are its header fields as lines of a head.

    `close`: the connection is of no use after it. `wording` has its body where the error says nothing else.
    """

    def __init__(
        self,
        status: int,
        message: str,
        violations: tuple[Violation, ...] = (),
        context: dict[str, Any] | None = None,
        lines: str = "",
        *,
        close: bool = False,
        wording: Wording | None = None,
    ) -> None:
        self.status: Final = status
        self.message: Final = message
        self.violations: Final = violations
        self.context: Final = context
        self.lines: Final = lines
        self.close: Final = close
        self.wording: Final = wording


def worded(wording: Wording, lines: str = "") -> Reply:
    """The answer that says `wording`."""
    return Reply(wording.status, wording.message, lines=lines, wording=wording)


def problem_of(
    code: str, reply: Reply, timestamp: str, request_id: str, operation: int | None = None
) -> Problem:
    """The problem details of `reply` to an error with this code."""
    slug = code.lower().replace("_", "-")
    return Problem(
        type=f"urn:estuary:problem:{slug}",
        title=code.replace("_", " ").capitalize(),
        status=reply.status,
        detail=reply.message,
        code=code,
        timestamp=timestamp,
        request_id=request_id,
        errors=reply.violations,
        context=reply.context,
        operation=operation,
    )


def retry_after(seconds: float) -> str:
    """RFC 9110, 10.2.3: whole seconds; rounded up, for a client that comes earlier is refused again."""
    return line("retry-after", max(1, math.ceil(seconds)))


def _opening(body: Envelope | Problem) -> str:
    """`body` as far as its time, behind which nothing but the request id comes."""
    opening, name, _ = _encode(body).decode().partition('"timestamp":"')
    return f"{opening}{name}"
