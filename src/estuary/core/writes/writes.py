"""The options of a write: whose records it may touch, which version it expects, whether it happens once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from estuary.core.access.identity import Identity
from estuary.core.record import Place, Record, Written

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
    another key for another of either. `text` is the key itself, `fingerprint` identifies what is asked and
    for which owner, `now` is when it is asked: stores need no clock of their own.
    """

    subject: str
    owner: str
    text: str
    fingerprint: str
    now: datetime

    @property
    def place(self) -> tuple[str, str, str]:
        """The identity of the key within its resource."""
        return (self.subject, self.owner, self.text)


class Demand(msgspec.Struct, frozen=True):
    """A condition: the record that a field is to refer to must be one of this owner's; None is no owner."""

    field: str
    resource: str
    record_id: str
    owner: str | None


class WriteOptions(msgspec.Struct, frozen=True):
    """How a write is made.

    With an `owner` only that owner's records exist, with an `expected_version` only that version is
    written to, with a `key` the write takes effect once. An owner is never the empty text.

    `if_changed`: an update that leaves every field as it is makes no new version. `client_id`: the client
    chose the id of a new record, which may be taken, or have been a deleted record's. `dry_run`: nothing is
    kept, neither record nor key; what comes back, and what is raised, is what the write would have given.

    `identity` is who asks, for hooks, references, and values that the server sets: to stores it means
    nothing.

    `demands` are made of records that the write refers to: `ReferenceMissing` names the field of the first
    that is not met. `before` are writes that are made in the same transaction, before this one: where one
    of them cannot be made, `WriteRefused` has its place among them. They ask for nothing that is asked of
    several writes.
    """

    owner: str | None = None
    expected_version: int | None = None
    key: IdempotencyKey | None = None
    if_changed: bool = False
    client_id: bool = False
    dry_run: bool = False
    identity: Identity | None = None
    demands: tuple[Demand, ...] = ()
    before: tuple["Write", ...] = ()


UNCONDITIONAL = WriteOptions()
"""Any owner's record of any version, as often as it is asked."""
IF_CHANGED = WriteOptions(if_changed=True)
"""The same, of an update that makes no new version where nothing changes."""


class Insert(msgspec.Struct, frozen=True):
    """One of several writes: keep a new record; the owner is the record's own.

    Of the options only `client_id` counts.
    """

    resource: str
    record: Record
    options: WriteOptions = UNCONDITIONAL


class Update(msgspec.Struct, frozen=True):
    """One of several writes: set the given fields and `updated_at`, add one to the version.

    The options hold no key, and ask for no dry run: several writes have these between them, or none.
    """

    resource: str
    record_id: str
    changes: Mapping[str, Any]
    updated_at: datetime
    options: WriteOptions = UNCONDITIONAL


class Delete(msgspec.Struct, frozen=True):
    """One of several writes: remove a record; the options are as those of `Update`."""

    resource: str
    record_id: str
    options: WriteOptions = UNCONDITIONAL


Write = Insert | Update | Delete
"""One of the writes of a transaction."""


def id_of(write: Write) -> str:
    """The id of the record that is written."""
    return write.record.id if isinstance(write, Insert) else write.record_id


def others_changed(before: Sequence[Write], outcomes: Sequence[Written]) -> Iterator[Place]:
    """The records that writes made before another one changed, as their `outcomes` say."""
    for write, written in zip(before, outcomes, strict=True):
        yield Place(write.resource, id_of(write))
        yield from written.changed
