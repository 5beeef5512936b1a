"""What of a single record is shown, as its query string asks for it."""

import pytest

from estuary.core.references.foreign_keys import ForeignKeys
from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import NO_EXPANSIONS, Expansions
from estuary.http.records.shown import Shown, ShownParameters
from tests.support.books import BOOKS
from tests.support.library import BOOKS as REFERRING
from tests.support.library import LIBRARY

PLAIN = ShownParameters(BOOKS, NO_EXPANSIONS)
KEYS = ForeignKeys(key for each in LIBRARY for key in each.foreign_keys)
EXPANDING = ShownParameters(REFERRING, Expansions("volumes", KEYS))


def test_a_single_record_knows_no_other_parameter() -> None:
    """`fields` once, or nothing; where it refers to others also `expand`."""
    assert Shown() == PLAIN.of_query("&")
    assert PLAIN.of_query("fields=title").projection is not None
    assert {"author": {}, "editor": {}} == EXPANDING.of_query("expand=author,editor").expansion
    for query, reported in {
        "field=title": "field: Parameter is unknown; did you mean fields",
        "fields=title&fields=id": "fields: Fields must be given once",
        "expand=author": "expand: Parameter is unknown",
    }.items():
        with pytest.raises(InvalidParameter, match=reported):
            PLAIN.of_query(query)
