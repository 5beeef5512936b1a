"""Entity tags (RFC 9110, 8.8.3): what marks a version, and how fields that list them are read."""

import re
from hashlib import sha256
from typing import Final, NamedTuple

from estuary.core.writes.writes import NO_VERSION
from estuary.http.errors import InvalidParameter
from estuary.http.header_fields import Fields
from estuary.http.messages import JSON, line

_WEAK: Final = "W/"
_ANY: Final = "*"
_DIGEST_CHARACTERS: Final = 32
_MAX_ELEMENTS: Final = 256
"""The most elements of a list, with empty ones: clients know few versions, and commas must cost little."""

_is_version_tag: Final = re.compile(r'"([1-9][0-9]{0,17})"', re.ASCII).fullmatch
_ELEMENT: Final = r'[ \t]*+(?:((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*+)?(?:,|$)'
"""One element of a list, which may be empty (RFC 9110, 5.6.1), with the comma behind it; never backtracks
through white space."""


class EntityTags(NamedTuple):
    """The tags that a field lists, as they stand there; or `*`, which matches whatever there is."""

    any: bool
    tags: tuple[str, ...] = ()

    def match_strongly(self, tag: str) -> bool:
        """Whether one of them is `tag`, and neither is weak."""
        return self.any or (not tag.startswith(_WEAK) and tag in self.tags)

    def match_weakly(self, tag: str) -> bool:
        """Whether one of them is `tag`, weak or not."""
        opaque = tag.removeprefix(_WEAK)
        return self.any or any(each.removeprefix(_WEAK) == opaque for each in self.tags)


def tag_of_version(version: int) -> str:
    """A record's version number is its strong validator."""
    return _FIRST_TAGS[version] if version < _FIRST else f'"{version}"'


def json_of_version(version: int) -> str:
    """The lines of a head that say that what follows is JSON, and of which version."""
    return _FIRST_LINES[version] if version < _FIRST else _lines(f'"{version}"')


def _lines(tag: str) -> str:
    return line(*JSON) + line("etag", tag)


def tag_of_content(body: bytes) -> str:
    """A weak validator for an answer that has no version: the same content has the same tag everywhere.

    SHA-256, for no client may be able to make two lists that others would take for one, and processors help
    with it: 2 µs for a list of 20 items, of some 34 in all: little enough to give every list its tag.
    """
    return f'{_WEAK}"{sha256(body).hexdigest()[:_DIGEST_CHARACTERS]}"'


def version_of(tag: str) -> int:
    """The version that `tag` marks; `NO_VERSION` for a tag that no record ever has."""
    found = _is_version_tag(tag)
    return NO_VERSION if found is None else int(found[1])


def entity_tags(headers: Fields, name: str) -> EntityTags | None:
    """The tags in the field `name` (If-Match or If-None-Match), None where it is absent.

    Raises `InvalidParameter` for anything but `*` or a list of entity tags.
    """
    tags = usable_tags(headers, name)
    if tags is None and headers.get(name.lower()) is not None:
        message = f'Must be * or at most {_MAX_ELEMENTS} entity tags such as "3", "4", quotes included'
        raise InvalidParameter(name, message)
    return tags


def usable_tags(headers: Fields, name: str) -> EntityTags | None:
    """The tags in the field `name`, None where it is absent or holds anything but `*` or a list of them."""
    if headers.get(name.lower()) is None:
        return None
    text = ",".join(headers.get_all(name.lower())).strip(" \t")
    if text == _ANY:
        return EntityTags(any=True)
    tags = _listed(text)
    return EntityTags(any=False, tags=tags) if tags else None


def _listed(text: str) -> tuple[str, ...]:
    """The tags in `text`; none where it is not a list of them, or too long a one."""
    if _is_version_tag(text):
        return (text,)
    element_at, place = re.compile(_ELEMENT).match, 0
    tags: list[str] = []
    for _ in range(_MAX_ELEMENTS):
        element = element_at(text, place)
        if element is None:
            return ()
        if element[1] is not None:
            tags.append(element[1])
        place = element.end()
        if place >= len(text):
            return tuple(tags)
    return ()


_FIRST: Final = 100
_FIRST_TAGS: Final = [f'"{version}"' for version in range(_FIRST)]
_FIRST_LINES: Final = [_lines(tag) for tag in _FIRST_TAGS]
"""Most records have been written a few times."""
