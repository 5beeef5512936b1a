"""What `expand` asks for: names of references, with dots between, bounded in number and depth."""

import pytest

from estuary.core.references.foreign_keys import ForeignKeys
from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import Expansion, Expansions
from tests.support.library import LIBRARY

CHAPTERS = Expansions("chapters", ForeignKeys(key for each in LIBRARY for key in each.foreign_keys))

ASKED: dict[str, Expansion] = {
    "book": {"book": {}},
    "book,within": {"book": {}, "within": {}},
    "book.author": {"book": {"author": {}}},
    "book.author,book,book.editor": {"book": {"author": {}, "editor": {}}},
    "within.within": {"within": {"within": {}}},
}


@pytest.mark.parametrize(("text", "expansion"), ASKED.items())
def test_names_are_a_tree(text: str, expansion: Expansion) -> None:
    """One that is named behind a dot is expanded with the one before it."""
    assert expansion == CHAPTERS.of_text(text)


REFUSED = {
    "": "A field has no name",
    "title": "Field title is unknown",
    "books": "did you mean book",
    "book.title": "Field book.title is unknown",
    "book.author.x": "Field book.author.x is unknown",
    "within.within.within": "Field within.within.within is unknown",
    ",".join(["book"] * 6): "Expand must have 1 to 5 fields",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_what_is_no_reference_is_refused(text: str, message: str) -> None:
    """With the nearest name, or which there are."""
    with pytest.raises(InvalidParameter, match=message):
        CHAPTERS.of_text(text)
