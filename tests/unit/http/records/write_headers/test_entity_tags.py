"""Lists of entity tags: what is one, what matches, and that the document describes exactly these."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.writes.writes import NO_VERSION
from estuary.http.errors import InvalidParameter
from estuary.http.header_fields import fields_of
from estuary.http.openapi.header_parameters import PARAMETERS
from estuary.http.records.write_headers.entity_tags import (
    EntityTags,
    entity_tags,
    tag_of_content,
    tag_of_version,
    version_of,
)

ACCEPTED = re.compile(PARAMETERS["IfMatch"]["schema"]["pattern"])

tags = st.builds('{}"{}"'.format, st.sampled_from(["", "W/"]), st.text("!#az,*/\\W~\xe9", max_size=5))
blanks = st.text(" \t", max_size=2)
near_misses = st.text('W/"* ,\t3a\\', max_size=12) | st.text(
    st.characters(min_codepoint=32, max_codepoint=255), max_size=12
)


def read(*lines: str) -> EntityTags | None:
    """The tags in an If-Match field of these lines."""
    return entity_tags(fields_of([(b"if-match", line.encode("latin-1")) for line in lines]), "If-Match")


@given(st.lists(st.tuples(blanks, tags, blanks), min_size=1, max_size=4))
def test_every_list_of_tags_is_read(elements: list[tuple[str, str, str]]) -> None:
    """With blanks around the commas, commas within the quotes, in one line or in several."""
    listed = tuple(tag for _, tag, _ in elements)
    texts = ["".join(element) for element in elements]
    assert EntityTags(any=False, tags=listed) == read(",".join(texts)) == read(*texts)


@given(near_misses)
def test_the_document_describes_what_is_accepted(text: str) -> None:
    """A text is read if, and only if, it matches the pattern that clients are told."""
    try:
        accepted = read(text) is not None
    except InvalidParameter:
        accepted = False
    assert accepted == (ACCEPTED.fullmatch(text.strip(" \t")) is not None)


def test_a_field_that_is_absent_is_no_list() -> None:
    """None, which is not the same as a list of no tags."""
    assert read() is None


@pytest.mark.parametrize("version", [1, 2, 10, 10**17])
def test_versions_come_back(version: int) -> None:
    """A version's tag is that version's alone."""
    assert version == version_of(tag_of_version(version))


@pytest.mark.parametrize(
    "tag", ['"0"', '"01"', '"-1"', '"1.0"', '"x"', '""', 'W/"1"', '"\u0661"', '"1' + "0" * 18 + '"']
)
def test_other_tags_are_no_version(tag: str) -> None:
    """Nor are numbers that no store could hold."""
    assert NO_VERSION == version_of(tag)


def test_the_same_content_has_the_same_weak_tag() -> None:
    """In every process and every release: replicas must agree on it."""
    assert 'W/"2cf24dba5fb0a30e26e83b2ac5b9e29e"' == tag_of_content(b"hello")
    assert tag_of_content(b"") != tag_of_content(b"\0")


@pytest.mark.parametrize(
    ("listed", "tag", "strongly", "weakly"),
    [
        ('"1"', '"1"', True, True),
        ('W/"1"', '"1"', False, True),
        ('"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"1"', False, True),
        ('"1"', '"2"', False, False),
        ("*", '"1"', True, True),
        ("*", 'W/"1"', True, True),
    ],
)
def test_comparison(listed: str, tag: str, strongly: bool, weakly: bool) -> None:
    """The table of RFC 9110, 8.8.3.2; `*` stands for whatever there is."""
    found = read(listed)
    assert found is not None
    assert (strongly, weakly) == (found.match_strongly(tag), found.match_weakly(tag))
