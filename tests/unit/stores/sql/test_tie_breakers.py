"""By its last key PostgreSQL's planner can distinguish any index from one that it could take for it."""

from itertools import combinations

import pytest

from estuary.core.queries.indexes import MAX_INDEX_FIELDS
from estuary.stores.sql.tie_breakers import PLAIN, tie_breaker

LONGEST = MAX_INDEX_FIELDS + 1
"""Keys of the longest index, its `id` included."""


@pytest.mark.parametrize("owned", [False, True])
def test_indexes_of_different_lengths_end_differently(owned: bool) -> None:
    """But for the primary key, which no query reads that an index of a first field serves."""
    shortest = 1 if owned else 2
    forms = [tie_breaker(keys, owned=owned) for keys in range(shortest, LONGEST + 1)]
    assert [] == [pair for pair in combinations(forms, 2) if pair[0] == pair[1]]


def test_the_primary_key_is_as_it_is() -> None:
    """As is the order of positions, for the sake of those who read tables by other means."""
    assert [PLAIN] * 3 == [
        tie_breaker(1, owned=False),
        tie_breaker(2, owned=False),
        tie_breaker(2, owned=True),
    ]


def test_an_order_without_keys_has_none_to_end_with() -> None:
    """As lists have of records that are named by their ids."""
    assert PLAIN == tie_breaker(0, owned=False)
