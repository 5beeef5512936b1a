"""How deep JSON nests. Bounded here: a parser is bounded by its stack, and in each Python otherwise."""

from typing import Final

MAX_DEPTH: Final = 128
"""Objects and lists in one another, which RFC 8259, 9 lets a parser limit; serde_json has the same."""
MAX_OUTER: Final = 32_768
"""Objects and lists that hold others: so many are counted through at the cost of some fifty requests."""

_OPENING: Final = ord("[")
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_REST: Final = bytes(set(range(256)) - set(b'[]{}"'))


def nests_too_deep(text: bytes) -> bool:
    """Whether `text` nests deeper than `MAX_DEPTH`, or more than `MAX_OUTER` of its parts hold others.

    What is not JSON is looked at as far as a parser would read it, up to its first error; cut short at the
    very bound, it may be taken to be deeper.
    """
    if len(text) <= MAX_DEPTH or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    # Two quotes in a row are a string without brackets, or the seam of two strings.
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"").translate(_ALIKE, _REST).replace(b'""', b"")
    if bare.count(b"[") - bare.count(b"[]") < MAX_DEPTH:
        return False  # so few hold others, in texts or not: usual for a long list, and cheap to see
    outside_strings = b"".join(bare.split(b'"')[::2])
    # The innermost pairs are taken out at once: they are one level, and of many brackets usually all.
    outer = outside_strings.replace(b"[]", b"")
    if len(outer) > 2 * MAX_OUTER:
        return True
    depth = 1
    for bracket in outer:
        if bracket == _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                return True
        else:
            depth -= 1
    return False


def nesting_depth(text: bytes) -> int:
    """How many of the objects and lists in `text`, which is JSON, are nested in one another at most."""
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"")
    outside_strings = b"".join(bare.split(b'"')[::2]).translate(_ALIKE, _REST)
    depth = 0
    while outside_strings:
        outside_strings = outside_strings.replace(b"[]", b"")
        depth += 1
    return depth
