"""Bodies decoded: what they cost follows their length, whatever is in them; errors are reported."""

import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from estuary.core.items import ITEMS
from estuary.http.errors import BadRequest
from estuary.http.records.codec import RecordCodec
from tests.support.resources import VESSELS

SIZE = 2 * 1024 * 1024
"""The largest body that is taken unless another limit is set."""
ROUNDS = 5
MULTIPLE = 12
"""The most that a body may cost, to its valid twin; what it was before is 20 to 2,000."""

decode_item = RecordCodec(ITEMS).draft
decode_vessel = RecordCodec(VESSELS).draft


def filled(begin: bytes, unit: bytes, end: bytes) -> bytes:
    """`unit` again and again, commas between, until the body is as long as may be."""
    times = (SIZE - len(begin) - len(end)) // (len(unit) + 1)
    return begin + b",".join([unit] * times) + end


def many_keys(begin: bytes) -> bytes:
    """Every member has its own name."""
    return begin + b",".join(b'"k%d":1' % number for number in range(SIZE // 12)) + b"}"


WRONG = {
    "numbers that are hard to read": lambda name: filled(b'{"name":%s,"zz":[' % name, b"1e308", b"]}"),
    "numbers of many digits": lambda name: filled(b'{"name":%s,"zz":[' % name, b"1." + b"7" * 700, b"]}"),
    "many keys": lambda name: many_keys(b'{"name":%s,' % name),
    "many objects": lambda name: filled(b'{"name":%s,"zz":[' % name, b'{"a":1}', b"]}"),
    "many lists": lambda name: filled(b'{"name":%s,"zz":[' % name, b"[]", b"]}"),
    "many texts": lambda name: filled(b'{"name":%s,"zz":[' % name, b'"ab"', b"]}"),
    "deep lists": lambda name: filled(b'{"name":%s,"zz":[' % name, b"[" * 900 + b"]" * 900, b"]}"),
    "one key again and again": lambda name: filled(b'{"name":%s,' % name, b'"a":1e308', b"}"),
}


def cost(decode: Callable[[bytes], msgspec.Struct], body: bytes) -> float:
    """The least seconds of processor time that decoding `body`, or refusing it, took in a few rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        with suppress(BadRequest):
            decode(body)
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize("body_with", WRONG.values(), ids=WRONG)
def test_a_wrong_type_costs_little_more_than_a_right_one(body_with: Callable[[bytes], bytes]) -> None:
    """The rest of the body becomes nothing of Python's, whether the name is a text or not."""
    wrong, right = cost(decode_item, body_with(b"5")), cost(decode_item, body_with(b'"a"'))
    assert wrong <= MULTIPLE * right + 0.002


@pytest.mark.parametrize("number", [b"1e308", b"-9e307", b"5e-324"])
def test_a_number_given_again_and_again_is_read_once(number: bytes) -> None:
    """A field that is named a hundred thousand times costs no more where its value is hard to read."""
    begin = b'{"name":"a","built_at":"1998-07-01T06:30:00Z",'
    hard = cost(decode_vessel, filled(begin, b'"draught":%s' % number, b"}"))
    easy = cost(decode_vessel, filled(begin, b'"draught":1.5', b"}"))
    assert hard <= MULTIPLE * easy + 0.002


@pytest.mark.parametrize("padding", [b"", b" " * 1000], ids=["short", "long"])
def test_the_last_of_equal_names_counts(padding: bytes) -> None:
    """Whatever came before it, and however long the body is."""
    assert {"name": "a", "description": None} == vars_of(decode_item(b'{"name":1,"name":"a"}' + padding))
    with pytest.raises(BadRequest) as raised:
        decode_item(b'{"name":"a","name":1}' + padding)
    assert [("name", "must be a text", "type")] == reported(raised.value)


@pytest.mark.parametrize("padding", [b"", b" " * 1000], ids=["short", "long"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"name":1,"zz":[}',
        b'{"name":1}x',
        b"[1,2",
        b'{"name":"a","zz":"\xff"}',
        b'{"name":1,"zz":"\xff"}',
        b'{"name":"a","\xed\xa0\x80":1}',
        b'{"name":1,"zz":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name":1,"zz":"\\ud800"}',
    ],
)
def test_what_is_not_json_to_its_end_is_malformed(body: bytes, padding: bytes) -> None:
    """Behind a wrong type too, and in unknown members."""
    with pytest.raises(BadRequest, match="Malformed JSON"):
        decode_item(body + padding)


@pytest.mark.parametrize("padding", [b"", b" " * 1000], ids=["short", "long"])
@pytest.mark.parametrize(
    ("member", "value", "message", "code"),
    [
        ("crew", b'"1"', "must be a whole number", "type"),
        ("rating", b"[]", "must be a whole number", "type"),
        ("draught", b"true", "must be a number", "type"),
        ("crew", b"1" * 5000, "is a number beyond all bounds", "type"),
        ("draught", b"-1e999", "is a number beyond all bounds", "type"),
        ("notes", b'{"a":1}', "must be a list", "type"),
        (
            "built_at",
            b'"2016-12-31T23:59:60Z"',
            "must not be a leap second: the seconds of a minute are 00 to 59",
            "range",
        ),
        (
            "surveyed_at",
            b'"2016-12-31T23:59:60.5+00:00"',
            "must not be a leap second: the seconds of a minute are 00 to 59",
            "range",
        ),
        (
            "built_at",
            b'"9999-12-31T23:59:59.9999999Z"',
            "must be at most 9999-12-31T23:59:59.999999Z: six digits of a second's fraction are kept",
            "range",
        ),
        ("built_at", b'"0000-01-01T00:00:00Z"', "must be at least 0001-01-01T00:00:00Z", "range"),
        (
            "built_at",
            b'"2026-01-31 at nine"',
            "must be a time as RFC 3339 writes it, with its offset: 2026-01-31T09:00:00Z",
            "type",
        ),
        ("built_at", b"0", "must be a time", "type"),
    ],
)
def test_what_is_told_of_a_wrong_value(
    member: str, value: bytes, message: str, code: str, padding: bytes
) -> None:
    """The field, what it must be, and nothing that is not so."""
    usual = {"name": b'"a"', "draught": b"1.5", "built_at": b'"1998-07-01T06:30:00Z"'}
    members = [b'"%s":%s' % (name.encode(), given) for name, given in {**usual, member: value}.items()]
    with pytest.raises(BadRequest, match="Invalid JSON format") as raised:
        decode_vessel(b"{" + b",".join(members) + b"}" + padding)
    assert [(member, message, code)] == reported(raised.value)


def vars_of(decoded: msgspec.Struct) -> dict[str, object]:
    """The fields of `decoded`."""
    return msgspec.structs.asdict(decoded)


def reported(error: BadRequest) -> list[tuple[str, str, str]]:
    """What `error` says of each field."""
    return [(each.field, each.message, each.code) for each in error.violations]
