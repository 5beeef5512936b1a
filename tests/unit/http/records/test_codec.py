"""Records as JSON: times are written alike, whether a second is whole or not."""

from datetime import UTC, datetime

import msgspec
import pytest

from estuary.core.errors import NotFound
from estuary.core.items import ITEMS
from estuary.core.moments import in_six_digits
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.http.header_fields import Fields
from estuary.http.messages import Request
from estuary.http.problems import Problems
from estuary.http.records.codec import RecordCodec
from tests.support.books import BOOKS, Book
from tests.support.resources import VESSELS, vessel

WHOLE = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)
SIX_DIGITS = "2026-01-31T09:00:00.000000Z"
ID = "019a9f3c-5f00-7c11-9d52-0123456789ab"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (WHOLE, SIX_DIGITS),
        (WHOLE.replace(microsecond=250_000), "2026-01-31T09:00:00.250000Z"),
        (WHOLE.replace(microsecond=1), "2026-01-31T09:00:00.000001Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59.000000Z"),
    ],
)
def test_a_time_has_six_digits_of_a_fraction(moment: datetime, written: str) -> None:
    """At a whole second, too, and in any year."""
    assert written == msgspec.json.decode(msgspec.json.encode(in_six_digits(moment)))


def test_every_time_of_a_record_has_six_digits() -> None:
    """Its own two and those of its fields, alone and in lists; a null stays one."""
    codec = RecordCodec(VESSELS)
    record = Record(ID, 1, WHOLE, WHOLE, vessel(built_at=WHOLE), "")
    document = msgspec.json.decode(codec.record(record))
    times = {name: document[name] for name in ("created_at", "updated_at", "built_at", "surveyed_at")}
    assert times == dict.fromkeys(("created_at", "updated_at", "built_at"), SIX_DIGITS) | {
        "surveyed_at": None
    }
    assert [document] == msgspec.json.decode(codec.listing([record], 1, 20, 0))["items"]
    assert [document] == msgspec.json.decode(codec.page([record], 20, None))["items"]


def test_a_hidden_field_is_in_no_answer() -> None:
    """Neither in a record nor in a list, whatever fields stand behind it."""
    codec = RecordCodec(BOOKS)
    record = Record(ID, 1, WHOLE, WHOLE, Book(title="Moby-Dick", price_paid=7), "")
    document = msgspec.json.decode(codec.record(record))
    shown = {"id", *BOOKS.field_names, "created_at", "updated_at"} - {"price_paid"}
    assert shown == set(document)
    assert ("Moby-Dick", 0, SIX_DIGITS) == (document["title"], document["limit"], document["created_at"])
    assert [document] == msgspec.json.decode(codec.listing([record], 1, 20, 0))["items"]
    assert [document] == msgspec.json.decode(codec.page([record], 20, None))["items"]


@pytest.mark.parametrize("microsecond", [0, 1, 250_000])
def test_a_record_is_written_as_in_a_list(microsecond: int) -> None:
    """Byte for byte, though a record alone is put together from parts, and one in a list is not."""
    codec = RecordCodec(ITEMS)
    value = ITEMS.value_type(name='"é" \\ 7', description=None)
    moment = WHOLE.replace(microsecond=microsecond)
    for record in (Record(ID, 1, moment, moment, value), Record(ID, 2, WHOLE, moment, value)):
        listed = codec.page([record], 20, None)
        assert b'{"items":[%b],"limit":20,"next_cursor":null}' % codec.record(record) == listed


@pytest.mark.parametrize("accept", [b"*/*", b"application/problem+json"])
def test_the_time_of_an_error_has_six_digits(accept: bytes) -> None:
    """In either form."""
    fields = Fields()
    fields.add(b"accept", accept)
    response = Problems(WHOLE.timestamp).render(NotFound("x"), Request("GET", "/x", "", fields, ""))
    assert SIX_DIGITS == msgspec.json.decode(response.body)["timestamp"]


class Plain(msgspec.Struct, frozen=True):
    """A value whose JSON holds its fields as clients see them."""

    name: str
    count: int = 0
    note: str | None = None


class Sparse(msgspec.Struct, frozen=True, omit_defaults=True):
    """The same, but that msgspec leaves defaults out of its JSON."""

    name: str
    count: int = 0
    note: str | None = None


class Tagged(msgspec.Struct, frozen=True, tag="told"):
    """The same, but that msgspec adds a tag to its JSON."""

    name: str
    count: int = 0
    note: str | None = None


@pytest.mark.parametrize("value_type", [Plain, Sparse, Tagged])
def test_a_record_shows_all_fields_in_their_order(value_type: type[msgspec.Struct]) -> None:
    """The id first and the times last, byte for byte, however the value's type is declared."""
    codec = RecordCodec(Resource("told", value_type))
    record = Record(ID, 3, WHOLE, WHOLE.replace(microsecond=7), value_type(name='"\u00e9\n'))
    written = (
        f'{{"id":"{ID}","name":"\\"\u00e9\\n","count":0,"note":null,"created_at":"{SIX_DIGITS}",'
        f'"updated_at":"2026-01-31T09:00:00.000007Z"}}'
    ).encode()
    assert written == codec.record(record)
    assert b'{"items":[%b,%b],"total":2,"limit":20,"offset":0}' % (written, written) == codec.listing(
        [record, record], 2, 20, 0
    )
    assert b'{"items":[],"total":0,"limit":7,"offset":3}' == codec.listing([], 0, 7, 3)
    assert b'{"items":[%b],"limit":1,"next_cursor":"abc"}' % written == codec.page([record], 1, "abc")
    assert b'{"items":[],"limit":1,"next_cursor":null}' == codec.page([], 1, None)
