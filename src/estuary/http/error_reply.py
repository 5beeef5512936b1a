"""What an error is answered with, whatever the form of the body."""

import math
from typing import Any

from estuary.core.errors import Violation
from estuary.http.messages import Header


class Reply:
    """The answer to an error; `close`: the connection is of no use after it."""

    def __init__(
        self,
        status: int,
        message: str,
        violations: tuple[Violation, ...] = (),
        context: dict[str, Any] | None = None,
        headers: tuple[Header, ...] = (),
        *,
        close: bool = False,
    ) -> None:
        self.status = status
        self.message = message
        self.violations = violations
        self.context = context
        self.headers = headers
        self.close = close


def retry_after(seconds: float) -> Header:
    """RFC 9110, 10.2.3: whole seconds; rounded up, for a client that comes earlier is refused again."""
    return ("retry-after", str(max(1, math.ceil(seconds))))
