"""What `estuary check` says of the lists of a resource."""

from estuary.app import askable
from estuary.core.queries.indexes import demand_of, serving, sort_key
from estuary.core.resource import Resource
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_request import ListRequests
from tests.support.books import BOOKS, Book


def test_every_attribute_is_told_with_its_operators() -> None:
    """A hidden one is none of them, and is listed as such."""
    reported = list(askable([BOOKS]))
    assert "lists of books can be asked by" == reported[0]
    assert "  tags: has" in reported
    assert "  note: eq ne in lt lte gt gte prefix contains null, sort" in reported
    assert ["  but not by price_paid: Hidden, in no answer"] == [
        each for each in reported if "price_paid" in each
    ]


def test_what_is_said_to_be_served_is_served() -> None:
    """Each of the parameters, with some value, by an index of the resource."""
    message = "\n".join(askable([BOOKS])).partition("and are served, at the cost of a page, by\n")[2]
    assert (
        "    (binding, -published_at): sort=binding,-published_at; binding=…&sort=-published_at" in message
    )
    parameters = ListParameters(BOOKS, ListRequests(BOOKS))
    served = [asked for line in message.splitlines() for asked in line.partition(": ")[2].split("; ")]
    assert len(served) > len(BOOKS.indexes)
    for asked in served:
        query = asked.replace("no parameters", "").replace("binding=…", "binding=paper").replace("…", "5")
        request = parameters.read(query).query
        assert serving(demand_of(request.where, request.sort), BOOKS.indexes) is not None, asked
    assert serving(demand_of((), (sort_key("title"),)), BOOKS.indexes) is None


def test_a_direction_of_the_id_is_told() -> None:
    """Where it is not that of the field before it, the order names it as the declaration does."""
    reported = list(askable([Resource("books", Book, indexes=[("binding", "-id")])]))
    assert "    (id): sort=id" in reported
    assert "    (binding, -id): sort=binding,-id" in reported


def test_what_a_store_of_one_direction_serves() -> None:
    """It keeps the declared index, and serves other orders with it."""
    message = "\n".join(askable([BOOKS], one_direction=True))
    assert "    (binding, published_at): sort=binding,published_at; binding=…&sort=published_at" in message
