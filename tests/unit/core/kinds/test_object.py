"""Objects of any members, within bounds."""

from typing import Any

import msgspec
import pytest

from estuary.core.kinds.object import Object
from estuary.core.resource import DeclarationError, Resource
from tests.unit.core.kinds.checks import broken, cleaned

TOO_LARGE = "must not hold a number that is too large for a double"


def received(text: bytes) -> Any:
    """What the rule is given of `text` in a body."""
    return msgspec.json.decode(text, type=Object().wire)


def nested(depth: int) -> bytes:
    """Objects in one another."""
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"b":1,"a":[true,null,{"":[]}]}',
        b'{"a":123456789012345678901234567890,"b":1.0,"c":-0.0,"d":1e308,"e":5e-324}',
        b'{"a":"\\\\u0000 \\" [[[[[[[[[["}',
        b'{"a":%d,"b":"%b"}' % (2**1024 - 2**971, b"9" * 400),
        nested(8),
    ],
)
def test_an_object_comes_back_as_it_was_sent(text: bytes) -> None:
    """Its members in their order, whole numbers of any size, and numbers with a point."""
    value = cleaned(received(text), Object())
    assert msgspec.json.format(text, indent=-1) == msgspec.json.encode(value)
    assert value == cleaned(value, Object())
    stored = Object().column
    assert stored.encode is not None
    assert stored.decode is not None
    assert repr(value) == repr(stored.decode(stored.encode(value)))


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        (nested(9), "must not nest deeper than 8 levels", "depth"),
        (b'{"a":[[[[[[[[]]]]]]]]}', "must not nest deeper than 8 levels", "depth"),
        (b'{"a":"%b"}' % (b"x" * (16 * 1024 - 7)), "must be at most 16384 bytes of JSON", "size"),
        (b'{"a":"\\u0000"}', "must not contain the character U+0000", "characters"),
        (b'{"\\u0000":1}', "must not contain the character U+0000", "characters"),
        (b'{"a":"\\\\\\u0000"}', "must not contain the character U+0000", "characters"),
        (b'{"a":1e400}', TOO_LARGE, "range"),
        (b'{"a":%b}' % (b"9" * 5000), TOO_LARGE, "range"),
        (b'{"a":[{"b":%d}]}' % 10**309, TOO_LARGE, "range"),
        (b'{"a":-%d}' % 2**1024, TOO_LARGE, "range"),
    ],
    ids=range(10),
)
def test_an_object_beyond_its_bounds_is_refused(text: bytes, message: str, code: str) -> None:
    """Each bound is in the message."""
    assert (message, code) == broken(received(text), Object())


def test_the_largest_object_passes() -> None:
    """White space is not counted."""
    text = b'{ "a" : "%b" }' % (b"x" * (16 * 1024 - 8))
    assert 16 * 1024 == len(msgspec.json.encode(cleaned(received(text), Object())))


@pytest.mark.parametrize("default", [{"a": object()}, {"b": {"c": object}}], ids=["object", "type"])
def test_a_default_is_what_json_can_hold(default: dict[str, Any]) -> None:
    """At the declaration, with the field's name."""
    field = ("value", dict[str, Any], msgspec.field(default_factory=lambda: default))
    with pytest.raises(DeclarationError, match="field 'value' has the default"):
        Resource("things", msgspec.defstruct("Thing", [field], frozen=True))
