"""What the body of a query asks for, and which bodies are refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Not, Operator, SortKey
from estuary.core.queries.query import LIMITED_COUNT, ListQuery
from estuary.http.errors import BadRequest
from estuary.http.records.list_request import ListRequest, ListRequests
from estuary.http.records.query_body import QueryBodies
from tests.support.books import BOOKS
from tests.support.resources import VESSELS

BODIES = QueryBodies(BOOKS, ListRequests(BOOKS))
DECIMALS = QueryBodies(VESSELS, ListRequests(VESSELS))
LONG = Comparison("pages", Operator.GTE, 100)
PAPER = Comparison("binding", Operator.EQ, "paper")


def read(body: Any) -> ListRequest:
    """What a body asks for."""
    return BODIES.read(json.dumps(body).encode(), "ann")


def refusal(body: Any) -> str:
    """Why a body is refused; texts are taken as they are."""
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else json.dumps(body).encode()
    with pytest.raises(BadRequest) as error:
        BODIES.read(raw)
    return error.value.message


def test_a_body_says_what_a_url_says() -> None:
    """All of it, for the owner's records."""
    asked = read(
        {
            "where": {"pages": {"gte": 100}, "binding": {"eq": "paper"}},
            "sort": ["-pages", "title"],
            "fields": ["title"],
            "limit": 50,
            "offset": 5,
            "count": "exact",
        }
    )
    sort = (SortKey("pages", True), SortKey("title"))
    assert ListQuery(50, 5, None, True, "ann", (LONG, PAPER), sort) == asked.query
    assert asked.projection is not None
    assert ListQuery(owner="ann") == read({}).query == read({"where": {}}).query
    assert ListQuery(20, None, None, False, "ann") == read({"cursor": ""}).query
    assert LIMITED_COUNT == read({"where": {"pages": {"gte": 100}}}).query.at_most


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ({"or": [{"pages": {"gte": 100}}, {"binding": {"eq": "paper"}}]}, AnyOf((LONG, PAPER))),
        ({"and": [{"pages": {"gte": 100}}, {"binding": {"eq": "paper"}}]}, AllOf((LONG, PAPER))),
        ({"or": [{"pages": {"gte": 100}, "binding": {"eq": "paper"}}]}, AnyOf((AllOf((LONG, PAPER)),))),
        ({"not": {"binding": {"eq": "paper"}}}, Not(PAPER)),
        ({"not": {"or": [{"not": {"binding": {"eq": "paper"}}}]}}, Not(AnyOf((Not(PAPER),)))),
        ({"binding": {"in": ["paper", "cloth"]}}, Comparison("binding", Operator.IN, ("paper", "cloth"))),
        ({"note": {"null": False}}, Comparison("note", Operator.NULL, False)),
        ({"tags": {"has": "sea"}}, Comparison("tags", Operator.HAS, "sea")),
        ({"limit": {"eq": 5.0}}, Comparison("limit", Operator.EQ, 5)),
    ],
)
def test_conditions_are_read(where: object, condition: object) -> None:
    """Several names in an object mean that all hold."""
    assert (condition,) == read({"where": where}).query.where


def nested(depth: int) -> Any:
    """A condition within so many `not`."""
    return {"not": nested(depth - 1)} if depth else {"pages": {"eq": 1}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Malformed JSON"),
        ("{", "Malformed JSON"),
        ("{}x", "Malformed JSON"),
        ('{"cursor":"\\ud800"}', "Malformed JSON"),
        ('{"cursor":"\ud800"}', "Malformed JSON"),
        ("[" * 10_000, "body: At most 5 of and, or, not may be nested"),
        ("[]", "body: Must be an object"),
        ({"were": {}}, "were: Parameter is unknown; did you mean where?"),
        ({"where": []}, "where: Must be an object"),
        ({"where": None}, "where: Must be an object"),
        ('{"where":{},"where":{}}', "body: Must have each name once, without escapes"),
        ('{"where":{"pages":{"gt":1,"gt":2}}}', "pages: Must have each name once, without escapes"),
        ('{"where":{"p\\u0061ges":{"gt":1}}}', "where: Must have each name once, without escapes"),
        ({"where": {"titel": {"eq": "a"}}}, "where: Field titel is unknown; did you mean title?"),
        ({"where": {"title": "a"}}, 'title: Must be an object such as {"eq": …}'),
        ({"where": {"title": {}}}, "title: Must have one of eq, ne, in, "),
        ({"where": {"title": {"like": "a"}}}, "title.like: Title can be filtered with eq, ne, "),
        ({"where": {"title": {"eq": 1}}}, "title.eq: Title must be a text"),
        (
            {"where": {"note": {"eq": None}}},
            "note.eq: Note must be a text; for null use the operator null",
        ),
        ({"where": {"title": {"eq": "\0"}}}, "title.eq: Title must not contain the character U+0000"),
        ({"where": {"title": {"in": "a"}}}, "title.in: Must be a list"),
        ({"where": {"title": {"in": []}}}, "title.in: Title must hold at least one value"),
        ({"where": {"note": {"in": ["a", None]}}}, "note.in: Note must be a text; for null "),
        ({"where": {"title": {"in": ["a"] * 20_002}}}, "body: Must not have more than 20000 names and "),
        ({"where": {"title": {"in": ["a"] * 101}}}, "title.in: At most 100 values are taken"),
        ({"where": {"pages": {"eq": "1"}}}, "pages.eq: Pages must be a whole number"),
        ({"where": {"pages": {"eq": True}}}, "pages.eq: Pages must be a whole number"),
        ({"where": {"pages": {"eq": [1]}}}, "pages.eq: Pages must be a whole number"),
        ('{"where":{"pages":{"eq":1e999}}}', "pages.eq: Pages is a number beyond all bounds"),
        (f'{{"where":{{"pages":{{"eq":{"1" * 401}}}}}}}', "pages.eq: Pages is a number beyond all bounds"),
        ('{"where":{"title":{"eq":1e999}}}', "title.eq: Title must be a text"),
        ({"where": {"tags": {"has": ["a"]}}}, "tags.has: Tags must be a text"),
        ({"where": {"note": {"null": "true"}}}, "note.null: Null must be true or false"),
        ({"where": {"or": []}}, "or: Must have at least one condition"),
        ({"where": {"and": []}}, "and: Must have at least one condition"),
        ({"where": {"or": {}}}, "or: Must be a list"),
        ({"where": {"or": [{}]}}, "or: Must have a condition in each object"),
        ({"where": {"not": {}}}, "not: Must have a condition in each object"),
        ({"where": {"not": []}}, "not: Must be an object"),
        ({"where": nested(400)}, "body: At most 5 of and, or, not may be nested"),
        ({"where": nested(6)}, "not: At most 5 of and, or, not may be nested"),
        ({"where": {"or": [{"pages": {"eq": 1}}] * 51}}, "where: At most 50 comparisons are taken"),
        ({"sort": "title"}, "sort: Sort must be a list of field names"),
        ({"sort": []}, "sort: Sort must be a list of field names"),
        ({"sort": ["a", 1]}, "sort: Sort must be a list of field names"),
        ({"sort": [""]}, "sort: A field has no name; known are id, "),
        ({"fields": []}, "fields: Fields must be a list of field names"),
        ({"limit": 0}, "limit: Limit must be between 1 and 100"),
        ({"limit": "5"}, "limit: Limit must be between 1 and 100"),
        ({"limit": True}, "limit: Limit must be between 1 and 100"),
        ({"limit": 5.5}, "limit: Limit must be between 1 and 100"),
        ('{"limit":1e999}', "limit: Limit must be between 1 and 100"),
        (f'{{"limit":{"1" * 500}}}', "limit: Limit must be between 1 and 100"),
        ({"limit": None}, "limit: Limit must be between 1 and 100"),
        ({"offset": -1}, "offset: Offset must be between 0 and "),
        ({"cursor": None}, "cursor: Cursor must be a text"),
        ({"cursor": "", "offset": 0}, "cursor: Cursor and offset cannot be used together"),
        ({"count": "all"}, "count: Count must be one of exact, limited, none"),
    ],
)
def test_whatever_else_is_refused(body: object, message: str) -> None:
    """With 400, the place named, and nothing of the values."""
    assert refusal(body).startswith(message), refusal(body)


def test_the_limits_themselves_are_taken() -> None:
    """Five levels, fifty comparisons."""
    assert 1 == len(read({"where": nested(5)}).query.where)
    (condition,) = read({"where": {"or": [{"pages": {"eq": 1}}] * 50}}).query.where
    assert AnyOf((Comparison("pages", Operator.EQ, 1),) * 50) == condition


def test_a_number_is_whole_however_json_writes_it() -> None:
    """As in conditions and records: 5.0 is 5 (JSON Schema 2020-12 Core, 4.2.3)."""
    query = BODIES.read(b'{"limit":5.0,"offset":1e1}').query
    assert (5, 10) == (query.limit, query.offset)
    assert (int, int) == (type(query.limit), type(query.offset))


@pytest.mark.parametrize("number", ["15", "-15", "15.10", "0.1", "0", "-0.0", "1" * 40, "0." + "1" * 40])
@pytest.mark.parametrize(
    "where", ['{"dues":{"lt":%s}}', '{"or":[{"tolls":{"has":%s}}]}', '{"dues":{"in":[%s]}}']
)
def test_a_decimal_may_be_a_number(where: str, number: str) -> None:
    """As in a URL, which has no quotes: its digits count as they are written, and no double rounds them."""
    plain = DECIMALS.read(f'{{"where":{where % number}}}'.encode()).query
    quoted = DECIMALS.read(f'{{"where":{where % json.dumps(number)}}}'.encode()).query
    assert quoted.where == plain.where


@pytest.mark.parametrize("number", ["1e3", "1E-3", "1e999999999", "true", "null", "[]", "9" * 401])
def test_what_is_no_decimal_is_refused(number: str) -> None:
    """An exponent is, in a text and in a URL, too: it could stand for any number of digits."""
    with pytest.raises(BadRequest, match=r"^dues\.lt: Dues must be a "):
        DECIMALS.read(f'{{"where":{{"dues":{{"lt":{number}}}}}}}'.encode())


def test_a_hidden_field_is_told_as_one_that_there_is_not() -> None:
    """Letter for letter, but for the name itself."""
    for form in ({"where": {"NAME": {"eq": 1}}}, {"sort": ["NAME"]}, {"fields": ["NAME"]}):
        messages = {
            refusal(json.dumps(form).replace("NAME", name)).replace(name, "it")
            for name in ("price_paid", "price_gone")
        }
        assert 1 == len(messages)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["where", "or", "not", "pages", "title", "eq", "in", "sort"]) | st.text(),
            inner,
            max_size=3,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_a_query_or_a_bad_request(body: Any) -> None:
    """Nothing that a client sends is another error."""
    with suppress(BadRequest):
        read(body)
