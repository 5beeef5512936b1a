"""The header fields of a request, as every adapter gives them to the kernel."""

from collections.abc import Iterable
from typing import Final

from mypy_extensions import mypyc_attr

_ONCE: Final = ("host", "authorization")
_USUAL = (
    *("accept", "accept-encoding", "accept-language", "authorization", "content-length"),
    *(
        "content-type",
        "cookie",
        "host",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "origin",
        "prefer",
    ),
    *("referer", "traceparent", "user-agent", "x-forwarded-for", "x-real-ip", "x-request-id"),
)
_KNOWN: Final = {spelling.encode(): name for name in _USUAL for spelling in (name, name.title())}
"""Names as they usually come: looking one up takes half as long as making it."""
_OF_THE_MESSAGE: Final = frozenset(
    {"connection", "expect", "proxy-connection", "transfer-encoding", "upgrade"}
)
"""They say how the message, or the connection behind it, is to be read; none of them is in `_USUAL`."""
_BLANKS: Final = b" \t"
_HIGHEST_BLANK: Final = 0x20


@mypyc_attr(acyclic=True)
class Fields:
    """A request's header fields. Names are in lower case; fields of one name keep their order.

    `number` is how many there are, `size` how many characters their names and values have; `plain`: none of
    them says how the message is to be read. Most requests have each field once, so that is what is kept
    ready; repeated ones are kept beside it.
    """

    __slots__ = ("_first", "_repeated", "number", "plain", "size")

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._repeated: dict[str, list[str]] | None = None
        self.number = 0
        self.size = 0
        self.plain = True

    def get(self, name: str) -> str | None:
        """The first value of the field, None where there is none."""
        return self._first.get(name)

    def add(self, name: bytes, value: bytes) -> None:
        """Take one field as it came, but for the white space behind its value, which is no part of it.

        What was before it, parsers leave out. RFC 9110, 5.5: what is not ASCII is taken as ISO-8859-1.
        """
        if value and value[-1] <= _HIGHEST_BLANK:
            value = value.rstrip(_BLANKS)
        known, text = _KNOWN.get(name), value.decode("latin-1")
        if known is None:
            self.put(name.decode("latin-1").lower(), text)
        else:
            self._keep(known, text)

    def put(self, key: str, text: str) -> None:
        """Take one field whose name is in lower case, and whose value has no white space around it."""
        if key in _OF_THE_MESSAGE:
            self.plain = False
        self._keep(key, text)

    def _keep(self, key: str, text: str) -> None:
        self.number += 1
        self.size += len(key) + len(text)
        first = self._first
        before = len(first)
        first.setdefault(key, text)
        if len(first) == before:
            self._repeat(key, text)

    def _repeat(self, key: str, text: str) -> None:
        if self._repeated is None:
            self._repeated = {}
        self._repeated.setdefault(key, []).append(text)

    def get_all(self, name: str) -> list[str]:
        """Every value of the field, in order of appearance."""
        first = self._first.get(name)
        if first is None:
            return []
        return [first, *self._repeated.get(name, ())] if self._repeated else [first]

    @property
    def repeated_singleton(self) -> str | None:
        """The name of a field that may occur only once and occurs more often; None if there is none.

        Host (RFC 9112, 3.2); and Authorization, of which a proxy may have read the other one.
        """
        if self._repeated is None:
            return None
        return next((name for name in _ONCE if name in self._repeated), None)

    def without(self, name: str) -> bytes:
        """All fields but those of `name`, as they would be sent."""
        lines = [f"{key}: {value}\r\n" for key in self._first if key != name for value in self.get_all(key)]
        return "".join(lines).encode("latin-1")


def fields_of(pairs: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The fields that are given as names and values, in order, without the white space around values."""
    fields = Fields()
    for name, value in pairs:
        fields.add(name, value.strip(_BLANKS))
    return fields
