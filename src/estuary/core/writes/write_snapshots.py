"""What writes with an idempotency key left behind, as stores keep it: one text for the key."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from estuary.core.errors import StoreQueryFailed, TransactionTooLarge
from estuary.core.record import Written
from estuary.core.record_json import RecordJson
from estuary.core.writes.writes import Write

BATCH = "batch"
"""Stands where keys have their resource, for those of several writes: no resource has this name."""
MAX_SNAPSHOT_CHARACTERS = 8 * 1024 * 1024
"""The longest snapshot of several writes: else small requests could have large records kept many times."""

OutcomeT = TypeVar("OutcomeT")


class Snapshots(Protocol[OutcomeT]):
    """Makes texts of outcomes, and replayed outcomes of texts."""

    def encode(self, outcome: OutcomeT) -> str | None:
        """What is kept of `outcome`."""
        ...

    def decode(self, text: str | None) -> OutcomeT:
        """The outcome that `text` was kept of, as one that is replayed."""
        ...


class RecordSnapshots:
    """Snapshots of single writes: the record as written, None after a delete."""

    def __init__(self, records: RecordJson) -> None:
        self._records = records

    def encode(self, outcome: Written) -> str | None:
        """The record, if there is one."""
        return None if outcome.record is None else self._records.encode(outcome.record)

    def decode(self, text: str | None) -> Written:
        """Raises `StoreQueryFailed` where `text` does not fit the declaration."""
        return Written(None if text is None else self._records.decode(text), replayed=True)


class TransactionSnapshots:
    """Snapshots of `writes` made together; `records` are by the names of resources.

    Writes with the same fingerprint name the same resources: the text need not.
    """

    def __init__(self, writes: Sequence[Write], records: Mapping[str, RecordJson]) -> None:
        self._records = [records[write.resource] for write in writes]

    def encode(self, outcome: Sequence[Written]) -> str:
        """Raises `TransactionTooLarge`."""
        parts: list[str] = []
        size = 0
        for records, written in zip(self._records, outcome, strict=True):
            parts.append(_NOTHING.decode() if written.record is None else records.encode(written.record))
            size += len(parts[-1])
            if size > MAX_SNAPSHOT_CHARACTERS:
                raise TransactionTooLarge
        return f"[{','.join(parts)}]"

    def decode(self, text: str | None) -> Sequence[Written]:
        """Raises `StoreQueryFailed` where `text` does not fit the writes or the declarations."""
        try:
            parts = _decode_parts(text or "")
            return [
                Written(None if part == _NOTHING else records.decode(part.decode()), replayed=True)
                for records, part in zip(self._records, map(bytes, parts), strict=True)
            ]
        except (msgspec.MsgspecError, ValueError) as error:
            raise StoreQueryFailed("a snapshot does not fit the writes of its key") from error


_NOTHING = b"null"
_decode_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode
