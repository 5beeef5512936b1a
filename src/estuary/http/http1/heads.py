"""The heads of answers: status line and header fields as bytes."""

from collections.abc import Sequence
from email.utils import formatdate
from http import HTTPStatus

from estuary.http.messages import Header, Response, line

_BODYLESS = frozenset({204, 304})
"""RFC 9110, 8.6: these answers have no content, and 204 must not tell a length."""


class Heads:
    """Renders heads; what is the same on every answer with one status is put together once a second.

    `constant` are the fields that every answer has. `tick` brings the Date field (RFC 9110, 6.6.1) up to
    date, and is to be called at least once a second.
    """

    def __init__(self, constant: Sequence[Header]) -> None:
        self._constant = _lines(constant)
        self._date = ""
        self._begun: dict[int, str] = {}
        self.tick()

    def tick(self) -> None:
        """Look at the clock."""
        date = f"date: {formatdate(usegmt=True)}\r\n"
        if date != self._date:
            self._date = date
            self._begun.clear()

    def render(self, response: Response, lines: str) -> bytes:
        """The head of `response`; `lines` are fields that its request and the connection add.

        Raises `ValueError` for a field that would break the head apart.
        """
        status = response.status
        begun = self._begun.get(status) or self._begin(status)
        own = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
        if own.count("\n") != len(response.headers):
            raise ValueError("a header field holds a line break")
        if status in _BODYLESS:
            return f"{begun}{lines}{own}\r\n".encode("latin-1")
        return f"{begun}{lines}{own}content-length: {len(response.body)}\r\n\r\n".encode("latin-1")

    def _begin(self, status: int) -> str:
        begun = self._begun[status] = (
            f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n{self._date}{self._constant}"
        )
        return begun


_PHRASES = {int(status): status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    422: "Unprocessable Content",
}
"""As RFC 9110 has them: Python follows it from 3.13 on, and the answers of all shall be alike."""


def _lines(fields: Sequence[Header]) -> str:
    return "".join(line(name, value) for name, value in fields)
