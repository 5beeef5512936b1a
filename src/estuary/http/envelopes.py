"""The bodies of error answers."""

from typing import Any

import msgspec

from estuary.core.errors import Violation


class Details(msgspec.Struct, omit_defaults=True):
    """The details of an error: of fields, or of what was requested."""

    validation_errors: tuple[Violation, ...] = ()
    context: dict[str, Any] | None = None
    operation: int | None = None


class Envelope(msgspec.Struct, omit_defaults=True):
    """The contract's own form."""

    error: str
    message: str
    timestamp: str
    request_id: str
    details: Details | None = None


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457, with our code, fields, time and request id as extension members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    timestamp: str
    request_id: str
    errors: tuple[Violation, ...] = ()
    context: dict[str, Any] | None = None
    operation: int | None = None
