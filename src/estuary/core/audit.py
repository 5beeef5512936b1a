"""The observations that the audit log has a line for."""

from enum import StrEnum

import msgspec


class AccessRefused(msgspec.Struct, frozen=True):
    """A request was answered with 403: who asked, as far as that is known, may not do it."""

    request_id: str
    method: str
    endpoint: str
    subject: str | None
    client: str


class KeyOperation(StrEnum):
    """An operation on API keys over HTTP."""

    LIST = "list"
    READ = "read"
    CREATE = "create"
    ROTATE = "rotate"
    REVOKE = "revoke"


class KeyAdministered(msgspec.Struct, frozen=True):
    """API keys were administered over HTTP; `key_id` is empty where no single one is meant."""

    operation: KeyOperation
    key_id: str
    subject: str
    client: str
    request_id: str
