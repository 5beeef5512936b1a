"""Access lines: the log line of a request, formatted directly where nothing in it has to be escaped."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from mypy_extensions import i64

from estuary.core.decimals import THREE_DIGITS, decimal
from estuary.core.measurements import KNOWN_METHODS, RequestServed
from estuary.telemetry.filter import Level
from estuary.telemetry.lines import MAX_TEXT, AccessLine, Line

ACCESS: Final = "estuary::access"
"""The target of access lines."""

LineOf = Callable[[RequestServed], Line | str]
"""Makes the line of a request; as text it is finished, but for its line feed."""

_SERVER_ERROR: Final = 500
_NOT_IMPLEMENTED: Final = 501
_UNAVAILABLE: Final = 503
_MESSAGE: Final = "request served"

_REST: Final = ord("!")
_PLAIN: Final = bytes(
    ord(" ") if 0x20 <= code < 0x7F and chr(code) not in '"\\' else _REST for code in range(256)
)
"""Finds text that needs no escapes in JSON: ASCII without control characters, quotes and backslashes,
from the rest."""
_MAX_TEXT: Final = MAX_TEXT
_ALL_PLAIN: Final = b" " * (4 * MAX_TEXT)
"""What is compared with it costs less than what is searched: code that other steps need as well does it."""
_BEHIND_POINT: Final = [f".{digits}" for digits in THREE_DIGITS]
_BEFORE_BYTES: Final = [f'{repr(number / 1000)[1:]},"bytes":' for number in range(1000)]
"""The point and the digits of so many thousandths, as short as they can be, and what follows them."""


def access_line(served: RequestServed) -> AccessLine:
    """The line of a request, whatever is in it."""
    return AccessLine(
        datetime.fromtimestamp(served.at, UTC),
        access_level(served.status).name,
        ACCESS,
        _MESSAGE,
        served.request_id,
        served.method[:MAX_TEXT],
        served.endpoint,
        served.path[:MAX_TEXT],
        served.status,
        round(served.duration * 1000.0, 3),
        served.bytes,
        served.client,
        served.trace_id,
        served.subject,
    )


def access_level(status: int) -> Level:
    """INFO for an answer, also to a client's mistake; WARN for a 503, ERROR for any other failure.

    501 answers a request for something that no client needs.
    """
    if status < _SERVER_ERROR or status == _NOT_IMPLEMENTED:
        return Level.INFO
    return Level.WARN if status == _UNAVAILABLE else Level.ERROR


class _Shape:
    """What the lines of all requests of one method, on one endpoint, with one status have in common."""

    __slots__ = ("before_id", "before_milliseconds", "before_path")

    def __init__(self, before_id: str, before_path: str, before_milliseconds: str) -> None:
        self.before_id: Final = before_id
        self.before_path: Final = before_path
        self.before_milliseconds: Final = before_milliseconds


class JsonAccess:
    """Gives a request's line as JSON; `render` gives that of one in which something has to be escaped.

    It is what `render` would give of any: put together here it takes a third of the time.
    """

    def __init__(self, render: Callable[[Line], bytes]) -> None:
        self._render = render
        self._second: i64 = -1
        self._opening = ""
        """The beginning of the lines of one second."""
        self._shapes: dict[str, dict[str, dict[int, _Shape]]] = {}
        """By endpoint, method and status."""
        self._subject = ""
        """The last subject that was plain: most clients that have one send several requests in a row."""
        self._of_subject = _of_subject("")

    def __call__(self, served: RequestServed) -> str:
        """The line of `served`."""
        path, subject = served.path, served.subject
        by_method = self._shapes.get(served.endpoint)
        by_status = None if by_method is None else by_method.get(served.method)
        shape = None if by_status is None else by_status.get(served.status)
        if shape is None:
            shape = self._new_shape(served)
        if subject is not None and subject != self._subject and _is_plain(subject):
            self._subject, self._of_subject = subject, _of_subject(subject)
        if shape is None or not _is_plain(path) or not (subject is None or subject == self._subject):
            return self._render(access_line(served)).decode()
        microseconds = i64(served.at * 1_000_000.0 + 0.5)
        second = microseconds // 1_000_000
        if second != self._second:
            self._begin_second(second)
        fraction = microseconds - second * 1_000_000
        # msgspec, which renders all other lines, leaves out the fraction of a whole second.
        thousands = _BEHIND_POINT[fraction // 1000] if fraction else ""
        units = THREE_DIGITS[fraction % 1000] if fraction else ""
        duration = i64(served.duration * 1_000_000.0 + 0.5)
        milliseconds, size = decimal(duration // 1000), decimal(served.bytes)
        trace = "" if served.trace_id is None else f'","trace_id":"{served.trace_id}'
        ending = '"}' if subject is None else self._of_subject
        return (
            f"{self._opening}{thousands}{units}{shape.before_id}{served.request_id}"
            f"{shape.before_path}{path}{shape.before_milliseconds}{milliseconds}"
            f'{_BEFORE_BYTES[duration % 1000]}{size},"client":"{served.client}{trace}{ending}'
        )

    def _begin_second(self, second: i64) -> None:
        self._second = second
        moment = datetime.fromtimestamp(int(second), UTC).isoformat().removesuffix("+00:00")
        self._opening = f'{{"timestamp":"{moment}'

    def _new_shape(self, served: RequestServed) -> _Shape | None:
        """The shape of lines like that of `served`; None for a method of the client's own."""
        method, endpoint, status = served.method, served.endpoint, served.status
        if method not in KNOWN_METHODS:
            return None
        level = access_level(status).name
        shape = _Shape(
            f'Z","level":"{level}","target":"{ACCESS}","message":"{_MESSAGE}","request_id":"',
            f'","method":"{method}","endpoint":"{endpoint}","path":"',
            f'","status":{status},"duration_ms":',
        )
        self._shapes.setdefault(endpoint, {}).setdefault(method, {})[status] = shape
        return shape


def _is_plain(text: str) -> bool:
    """Whether `text` needs no escapes in JSON, and is not too long."""
    if len(text) > _MAX_TEXT:
        return False
    try:
        plain = text.encode().translate(_PLAIN)
        return plain == _ALL_PLAIN[: len(plain)]
    except UnicodeEncodeError:
        return False


def _of_subject(subject: str) -> str:
    """The end of a line with this subject."""
    return f'","subject":"{subject}"}}'
