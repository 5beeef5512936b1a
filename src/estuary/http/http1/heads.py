"""The heads of answers: status line and header fields, with the body behind them, as bytes."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from estuary.core.decimals import decimal
from estuary.http.messages import Header, PageResponse, Response, constant_on_pages, line

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(second: int) -> str:
    """`second`, since the epoch, as HTTP writes dates (IMF-fixdate, RFC 9110, 5.6.7).

    As `email.utils.formatdate` does, which takes up 0.7 MB of every worker with what it imports.
    """
    at = time.gmtime(second)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return (
        f"{day}, {at.tm_mday:02} {month} {at.tm_year:04} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
    )


class Heads:
    """Renders heads; what is the same on every answer with one status is put together once a second.

    `constant` are the fields that every answer has. `tick` brings the Date field (RFC 9110, 6.6.1) up to
    date, and is to be called at least once a second.
    """

    def __init__(self, constant: Sequence[Header]) -> None:
        self._constant = _lines(constant)
        self._constant_on_pages = _lines(constant_on_pages(constant))
        self._second = 0
        self._date = ""
        self._begun: dict[int, bytes] = {}
        self.tick()

    def tick(self) -> None:
        """Look at the clock."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = f"date: {http_date(second)}\r\n"
            self._begun.clear()

    def render(self, response: Response, lines: str, *, bodiless: bool = False) -> bytes:
        """`response` as it is sent; `lines` are fields that its request and the connection add.

        The answer to HEAD is `bodiless`. Raises `ValueError` for a field that would break the head apart.
        """
        status = response.status
        begun = self._begun.get(status)
        if begun is None:
            begun = self._begin(status)
        own = response.lines
        if response.headers:
            own = _own(response)
            if isinstance(response, PageResponse):
                begun = self._first_lines(status, self._constant_on_pages)
        if status == 204 or status == 304:
            # RFC 9110, 8.6: these answers have no content, and 204 must not have a length.
            return b"%b%b" % (begun, f"{lines}{own}\r\n".encode("latin-1"))
        body = response.body
        fields = f"{lines}{own}content-length: {decimal(len(body))}\r\n\r\n".encode("latin-1")
        return b"%b%b" % (begun, fields) if bodiless else b"%b%b%b" % (begun, fields, body)

    def _begin(self, status: int) -> bytes:
        begun = self._begun[status] = self._first_lines(status, self._constant)
        return begun

    def _first_lines(self, status: int, constant: str) -> bytes:
        phrase = _PHRASES.get(status, "")
        return f"HTTP/1.1 {status} {phrase}\r\n{self._date}{constant}".encode("latin-1")


_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    422: "Unprocessable Content",
}
"""As RFC 9110 has them: Python follows it from 3.13 on, and the answers of all shall be alike."""


def _own(response: Response) -> str:
    """The fields of `response` as lines."""
    lines = response.lines
    for name, value in response.headers:
        if "\n" in name or "\n" in value:
            raise ValueError("a header field holds a line break")
        lines = f"{lines}{name}: {value}\r\n"
    return lines


def _lines(fields: Sequence[Header]) -> str:
    return "".join(line(name, value) for name, value in fields)
