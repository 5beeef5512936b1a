"""The options of a write: whose records it may touch, which version it expects, whether it happens once."""

from datetime import datetime, timedelta

import msgspec

KEY_LIFETIME = timedelta(hours=24)
"""How long a store remembers a key after the write that carried it."""
MAX_KEY_LENGTH = 255
"""Characters; a longer key is refused before it reaches a store."""
NO_VERSION = 0
"""A version that no record ever has: a write that expects it is refused, unless it was made before."""


class IdempotencyKey(msgspec.Struct, frozen=True):
    """Asks that a write take effect once, however often it is sent.

    See draft-ietf-httpapi-idempotency-key-header. `subject` is whose key it is ("" for a client without a
    name), `owner` for whom the subject acts ("" where everybody's records exist for it): the same text is
    another key for another of either. `text` is the key itself, `fingerprint` tells what is asked and for
    which owner, `now` when it is asked: stores need no clock of their own.
    """

    subject: str
    owner: str
    text: str
    fingerprint: str
    now: datetime

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells the key from every other one of its resource."""
        return (self.subject, self.owner, self.text)


class WriteOptions(msgspec.Struct, frozen=True):
    """How a write is made.

    With an `owner` only that owner's records exist, with an `expected_version` only that version is
    written to, with a `key` the write takes effect once. An owner is never the empty text.
    """

    owner: str | None = None
    expected_version: int | None = None
    key: IdempotencyKey | None = None


UNCONDITIONAL = WriteOptions()
"""Any owner's record of any version, as often as it is asked."""
