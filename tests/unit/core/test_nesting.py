"""The depth of JSON, found without a parser."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.nesting import MAX_DEPTH, MAX_OUTER, nests_too_deep

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab[]{}"\\,:\n'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='[]{}"\\'), inner),
    max_leaves=300,
)


def depth_of(value: Any) -> int:
    """How many objects and lists stand in one another."""
    match value:
        case list():
            return 1 + max(map(depth_of, value), default=0)
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case _:
            return 0


@given(ANYTHING, st.integers(MAX_DEPTH - 4, MAX_DEPTH + 4))
def test_it_is_the_depth_that_counts(value: Any, around: int) -> None:
    """Brackets in texts, escaped quotes and many brackets beside one another add nothing."""
    for _ in range(around - depth_of(value)):
        value = [[], value, {"[": "{"}]
    assert (depth_of(value) > MAX_DEPTH) == nests_too_deep(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("text", "too_deep"),
    [
        (b"", False),
        (b"[" * (MAX_DEPTH - 1), False),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, False),
        (b"[" * (MAX_DEPTH + 1), True),
        (b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH, False),
        (b'[{"a":' * MAX_DEPTH, True),
        (b"[{},[]," * (MAX_DEPTH - 1), False),
        (b"[{},[]," * MAX_DEPTH, True),
        (b"[" + b"[{}]," * 10_000 + b"1]", False),
        (b"[" + b"[[{}]]," * (MAX_OUTER // 2 - 1) + b"1]", False),
        (b"[" + b"[[{}]]," * (MAX_OUTER // 2) + b"1]", True),
        (b'{"a":"' + b"[" * 1000 + b'"}', False),
        (b'{"a":"\\\\"' + b"[" * 1000, True),
        (b'{"a":"\\"' + b"[" * 1000, False),
    ],
)
def test_a_text_of_any_kind(text: bytes, too_deep: bool) -> None:
    """Of what is cut short or no JSON, what would be read of it decides."""
    assert too_deep == nests_too_deep(text)
