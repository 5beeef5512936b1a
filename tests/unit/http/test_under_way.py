"""The requests under way: each is there from its beginning to its end, in whatever order they end."""

from itertools import permutations

import pytest

from estuary.http.header_fields import Fields
from estuary.http.messages import Request
from estuary.http.under_way import RequestsUnderWay


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_request_is_there_until_it_is_over(order: tuple[int, ...]) -> None:
    """The first, the last and one between them leave the others where they are, and know none of them."""
    requests = [Request("GET", f"/{number}", "", Fields(), "") for number in range(3)]
    under_way = RequestsUnderWay()
    for request in requests:
        under_way.add(request)
    left = {"/0", "/1", "/2"}
    assert (3, left) == (under_way.number, {each.path for each in under_way})
    for number in order:
        under_way.remove(requests[number])
        left.remove(f"/{number}")
        assert (len(left), left) == (under_way.number, {each.path for each in under_way})
        assert (None, None) == (requests[number].older, requests[number].newer)
