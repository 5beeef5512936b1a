"""Hooks: functions of a declaration's author that see each write before it is made."""

from collections.abc import Callable
from typing import Any

import msgspec

from estuary.core.access.identity import Identity


class Reject(Exception):
    """Raised by a hook: the write is refused with 422 and one violation.

    `field` is the field that is to be corrected, `message` is sent to the client as it is, `code` is a word
    for programs. Raises `TypeError` for anything but a str, and `UnicodeEncodeError` for a
    lone surrogate.
    """

    def __init__(self, field: str, message: str, code: str = "rejected") -> None:
        for name, text in (("field", field), ("message", message), ("code", code)):
            if not isinstance(text, str):
                raise TypeError(f"{name} must be a str, not {type(text).__name__}")
            text.encode()
        super().__init__(field, message, code)
        self.field = field
        self.message = message
        self.code = code


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """The hooks of a resource; each is a plain function, called in the event loop of the worker.

    `before_create` is given a new value that obeys the rules, and returns the value to keep;
    `before_update` is given the value that is kept and the one to be kept instead, which it may replace;
    `validate` is given what is about to be kept, by a create, an update or an import, and returns nothing.
    The last argument is who asks: None without authentication, and in an import. All may raise `Reject`.
    """

    before_create: Callable[[Any, Identity | None], Any] | None = None
    before_update: Callable[[Any, Any, Identity | None], Any] | None = None
    validate: Callable[[Any, Identity | None], None] | None = None
