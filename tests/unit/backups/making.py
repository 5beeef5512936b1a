"""What these tests put into lines and backups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from estuary.backups.format import FORMAT, BackupWriter, Footer, Header
from estuary.backups.record_lines import Lines
from estuary.core.items import ITEMS, Item
from estuary.core.record import Record
from tests.support.clocks import START
from tests.support.resources import VESSELS, vessel

MADE_AT = datetime(2026, 11, 25, 14, 45, 0, 123456, tzinfo=UTC)
STORE = "5f" * 16
MADE_UP = "00000000-0000-4000-8000-000000000000"


def lines() -> Lines:
    """Lines of items and vessels, with one id and one time for whatever leaves them out."""
    return Lines([ITEMS, VESSELS], new_id=lambda: MADE_UP, now=lambda: START)


def item(number: int, name: str = "an item") -> Record:
    """The `number`-th item."""
    moment = START + timedelta(microseconds=number)
    return Record(
        f"00000000-0000-4000-8000-{number:012x}",
        number,
        moment,
        moment + timedelta(hours=1),
        Item(name, None),
        "somebody",
    )


def ship(number: int, **fields: object) -> Record:
    """The `number`-th vessel."""
    return Record(f"00000000-0000-4000-8000-{number:012x}", 1, START, START, vessel(**fields))


def write_backup(
    path: Path, *records: Record, made_at: datetime = MADE_AT, store_id: str = STORE
) -> Footer:
    """A backup of items, made without a store."""
    writer = BackupWriter(Header(FORMAT, "1.2.3", made_at, "sqlite", ["items", "vessels"], store_id))
    text = lines().encode(ITEMS, records)
    writer.update("items", len(records), text)
    footer, last = writer.close()
    path.write_bytes(writer.first_line + text + last)
    return footer
