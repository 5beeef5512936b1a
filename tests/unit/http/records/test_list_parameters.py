"""What the query parameters of a list ask for, and which are refused."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from msgspec import defstruct

from estuary.core.items import ITEMS
from estuary.core.queries.conditions import Comparison, Operator, SortKey
from estuary.core.queries.query import LIMITED_COUNT, ListQuery, SortedPosition, by_cursor
from estuary.core.record import Position
from estuary.core.resource import Resource
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.cursors import Cursors, encode_cursor
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_request import MAX_OFFSET, ListRequest, ListRequests
from tests.support.books import BOOKS

MANY = Resource("many", defstruct("Many", [(f"number_{each}", int) for each in range(17)], frozen=True))
POSITION = Position(1_773_500_966_535_897, "01234567-89ab-cdef-0123-456789abcdef")
LIMIT_MESSAGE = "limit: Limit must be between 1 and 100"
OFFSET_MESSAGE = "offset: Offset must be between 0 and 9007199254740991"


def read(query: str, owner: str | None = None, resource: Resource = BOOKS) -> ListRequest:
    """What a query string asks of the lists of a resource."""
    return ListParameters(resource, ListRequests(resource)).read(query, owner)


def parse(parameters: dict[str, str]) -> ListQuery:
    """What these parameters ask of the lists of items."""
    return read(urlencode(parameters), resource=ITEMS).query


def refusal(query: str) -> str:
    """Why a query string is refused."""
    with pytest.raises(InvalidParameter) as error:
        read(query)
    return error.value.message


def test_nothing_asked_is_the_first_slice_of_twenty() -> None:
    """The contract's defaults."""
    assert ListQuery(20, 0) == parse({})


@pytest.mark.parametrize("limit", [1, 20, 100])
def test_limits_in_range_are_taken(limit: int) -> None:
    """1 and 100 are allowed."""
    assert ListQuery(limit, 0) == parse({"limit": str(limit)})


@pytest.mark.parametrize("offset", [0, 1, 10**9, MAX_OFFSET])
def test_offsets_in_range_are_taken(offset: int) -> None:
    """Any offset that every engine counts to, and every JSON reader keeps exact."""
    assert ListQuery(20, offset) == parse({"offset": str(offset)})


NOT_NUMBERS = [
    "",
    " ",
    "x",
    "-1",
    "+1",
    "1.0",
    "1e1",
    "0x1",
    "1_0",
    " 1",
    "1\n",
    "\u0661",
    "²",
    "NaN",
    "\0",
]


@pytest.mark.parametrize("text", [*NOT_NUMBERS, "0", "101", "1" * 5000])
def test_any_other_limit_is_refused(text: str) -> None:
    """The message names the parameter and what it may be, never what was sent."""
    with pytest.raises(InvalidParameter) as error:
        parse({"limit": text})
    assert (LIMIT_MESSAGE, "limit") == (error.value.message, error.value.name)


@pytest.mark.parametrize("text", [*NOT_NUMBERS, str(MAX_OFFSET + 1), "1" * 5000])
def test_any_other_offset_is_refused(text: str) -> None:
    """The same for offsets."""
    with pytest.raises(InvalidParameter) as error:
        parse({"offset": text})
    assert (OFFSET_MESSAGE, "offset") == (error.value.message, error.value.name)


def test_an_empty_cursor_is_the_first_page() -> None:
    """Paging starts without a position."""
    assert by_cursor(5) == parse({"cursor": "", "limit": "5"})


def test_a_cursor_is_the_page_behind_its_position() -> None:
    """What was encoded is where the page starts."""
    assert by_cursor(20, POSITION) == parse({"cursor": encode_cursor(POSITION, "items")})


def test_a_cursor_page_obeys_the_limit() -> None:
    """The limit is checked for pages as for slices."""
    with pytest.raises(InvalidParameter, match="Limit must be"):
        parse({"cursor": "", "limit": "101"})


@pytest.mark.parametrize("cursor", ["", "x"])
def test_cursor_and_offset_together_are_refused(cursor: str) -> None:
    """Even where both could be read: they mean different lists."""
    with pytest.raises(BadRequest, match="cannot be used together"):
        parse({"cursor": cursor, "offset": "0"})


def equal(field: str, value: object) -> Comparison:
    """A condition of equality."""
    return Comparison(field, Operator.EQ, value)


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("title=a", equal("title", "a")),
        ("title.eq=", equal("title", "")),
        ("title=+a,%22b%22", equal("title", ' a,"b"')),
        ("title.prefix=%25", Comparison("title", Operator.PREFIX, "%")),
        ("title.in=b&title.in=a,c", Comparison("title", Operator.IN, ("b", "a,c"))),
        ("binding.ne=paper", Comparison("binding", Operator.NE, "paper")),
        ("pages.gte=-5", Comparison("pages", Operator.GTE, -5)),
        ("pages=5.0", equal("pages", 5)),
        ("weight.lt=1e3", Comparison("weight", Operator.LT, 1000.0)),
        ("in_print=false", equal("in_print", False)),
        ("note.null=true", Comparison("note", Operator.NULL, True)),
        ("tags.has=sea", Comparison("tags", Operator.HAS, "sea")),
        ("limit.eq=5", equal("limit", 5)),
        ("version.gt=1", Comparison("version", Operator.GT, 1)),
        (
            "created_at.lt=2026-01-31T10:00:00%2B01:00",
            Comparison("created_at", Operator.LT, datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ),
        (f"id={POSITION.id.upper()}", equal("id", POSITION.id)),
    ],
)
def test_a_parameter_is_a_condition(query: str, condition: Comparison) -> None:
    """`field=` is equality, `field.operator=` the rest; values are read as the field's kind has them."""
    assert (condition,) == read(query).query.where


def test_conditions_have_one_order() -> None:
    """So that the same list has the same statement and the same cursors, however it is written."""
    one, other = "pages.gte=1&title=a&pages.lt=9", "title=a&pages.lt=9&pages.gte=1"
    assert read(one).query == read(other).query
    assert 3 == len(read(one).query.where)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("titel=a", "titel: Parameter is unknown; did you mean title?"),
        ("limits=a", "limits: Parameter is unknown; did you mean limit?"),
        (
            "title.likes=a",
            "title.likes: Title can be filtered with title.eq, title.ne, ",
        ),
        ("note.=a", "note.: Note can be filtered with "),
        ("title.null=true", "title.null: Title can be filtered with "),
        ("tags=sea", "tags: Tags can be filtered with tags.has"),
        ("pages[gte]=1", "pages[gte]: Pages can be filtered with pages.eq, pages.ne, pages.in, "),
        ("pages__gte=1", "pages__gte: Pages can be filtered with pages.eq, pages.ne, pages.in, "),
        ("pages>=1", "pages>: Pages can be filtered with pages.eq, pages.ne, pages.in, "),
        ("pages.in=1,2", "pages.in: Pages must be a whole number; pages.in is repeated for each value"),
        ("pages=five", "pages: Pages must be a whole number"),
        ("pages=", "pages: Pages must be a whole number"),
        ("pages.in=1&pages.in=x", "pages.in: Pages must be a whole number"),
        ("pages.gt=1.5", "pages.gt: Pages must be a whole number"),
        ("pages=NaN", "pages: Pages must be a whole number"),
        ("binding=wool", "binding: Binding must be one of paper, cloth, leather"),
        ("in_print=yes", "in_print: In print must be true or false"),
        ("note.null=1", "note.null: Null must be true or false"),
        ("title.contains=", "title.contains: Title must not be empty"),
        ("title=%00", "title: Title must not contain the character U+0000"),
        ("id=x", "id: Id must be a UUID"),
        ("created_at=2026", "created_at: Created at must be a time"),
        ("title=a&title=a", "title: Title must be given once"),
        ("title=a&title.eq=a", "title.eq: Title must be given once"),
        ("&".join(["pages.in=1"] * 101), "pages.in: At most 100 values are taken"),
        ("pages=1e400", "pages: Pages is a number beyond all bounds"),
        ("=1", "query: A parameter has no name; known are limit, "),
        ("sort=", "sort: A field has no name; known are id, "),
        ("sort=-", "sort: A field has no name; known are id, "),
        ("fields=", "fields: A field has no name; known are id, "),
        ("sort=titel", "sort: Field titel is unknown; did you mean title?"),
        ("sort=tags", "sort: Lists cannot be sorted by tags"),
        ("sort=title,-title", "sort: Sort must name each field once"),
        ("sort=id,title,pages,note", "sort: Sort must have 1 to 3 fields"),
        ("fields=titel", "fields: Field titel is unknown; did you mean title?"),
        ("count=all", "count: Count must be one of exact, limited, none"),
        ("cursor=&count=exact", "count: Count must be none with a cursor"),
        ("owner=a", "owner: Parameter is unknown"),
        ("expand=a", "expand: Parameter is unknown"),
    ],
)
def test_whatever_else_is_refused(query: str, message: str) -> None:
    """The message names the parameter and what is allowed, never the value."""
    assert refusal(query).startswith(message), refusal(query)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("published_at=null", "; for null use published_at.null=true"),
        ("published_at.gt=null", "; for null use published_at.null=true"),
        ("created_at.gt=2026-01-31T09:00:00+02:00", "; in a URL, + is written %2B"),
        ("created_at.in=2026-01-31T09:00:00+02:00", "; in a URL, + is written %2B"),
        ("created_at.gt=2026-01-31+09:00:00", ": 2026-01-31T09:00:00Z"),
        ("created_at.gt=null", ": 2026-01-31T09:00:00Z"),
    ],
)
def test_a_value_as_other_apis_have_it_is_refused_with_what_to_write(query: str, hint: str) -> None:
    """Where that would be read, and nowhere else."""
    assert refusal(query).endswith(hint), refusal(query)


@pytest.mark.parametrize(
    "form",
    ["{}=1", "{}.gt=1", "{}.null=true", "{}[gt]=1", "{}__gt=1", "sort={}", "sort=-{}", "fields={}"],
)
def test_a_hidden_field_is_told_as_one_that_there_is_not(form: str) -> None:
    """Letter for letter, but for the name itself."""
    hidden, absent = refusal(form.format("price_paid")), refusal(form.format("price_gone"))
    assert hidden.replace("price_paid", "price_gone") == absent


def test_at_most_fifty_conditions_are_taken() -> None:
    """Each is a comparison that a store makes."""
    comparisons = [f"{name}.{operator}=1" for name in MANY.attributes for operator in ("eq", "ne", "lt")]
    taken = [each for each in comparisons if each.startswith("number")]
    parameters = ListParameters(MANY, ListRequests(MANY))
    assert 50 == len(parameters.read("&".join(taken[:50])).query.where)
    with pytest.raises(InvalidParameter, match="query: At most 50 conditions are taken"):
        parameters.read("&".join(taken[:51]))


def test_sorts_are_read() -> None:
    """In their order, with a direction each; the resource's own order needs no key, in any spelling."""
    assert (SortKey("pages", True), SortKey("title")) == read("sort=-pages,title").query.sort
    for own in ("created_at", "created_at,id", "created_at,id,title"):
        assert () == read(f"sort={own}").query.sort
    assert (SortKey("created_at", True),) == read("sort=-created_at").query.sort


@pytest.mark.parametrize(
    ("query", "counted", "at_most"),
    [
        ("", True, None),
        ("sort=pages", True, None),
        ("pages=1", True, LIMITED_COUNT),
        ("pages=1&count=exact", True, None),
        ("count=limited", True, LIMITED_COUNT),
        ("count=none", False, None),
        ("cursor=", False, None),
        ("cursor=&count=none", False, None),
    ],
)
def test_counts(query: str, counted: bool, at_most: int | None) -> None:
    """Exact where all are counted, limited where conditions hold; what is said wins."""
    assert (counted, at_most) == (read(query).query.counted, read(query).query.at_most)


def test_the_next_page_is_asked_for_as_this_one_was() -> None:
    """Its link has every parameter but cursor and limit, encoded again."""
    assert "title=a+%26%3E&sort=-pages" == read("title=a%20%26>&limit=5&cursor=&sort=-pages").link
    assert "" == read("limit=5&cursor=").link
    assert "" == read("title=a").link


def test_a_cursor_is_its_own_lists() -> None:
    """One of other conditions, another order or another owner is no cursor here."""
    where, sort = (equal("title", "a"),), (SortKey("pages", True),)
    position = SortedPosition((5,), POSITION.id)
    cursor = Cursors(BOOKS).encode(position, ListQuery(where=where, sort=sort, owner="o"))
    assert position == read(f"title=a&sort=-pages&cursor={cursor}", "o").query.after
    for other in ("title=b&sort=-pages", "sort=-pages", "title=a&sort=pages", "title=a", ""):
        with pytest.raises(InvalidParameter, match="cursor: Cursor must be the next_cursor of a list with"):
            read(f"{other}&cursor={cursor}", "o")
    with pytest.raises(InvalidParameter, match="cursor: Cursor must be the next_cursor of a list with"):
        read(f"title=a&sort=-pages&cursor={cursor}", "p")
