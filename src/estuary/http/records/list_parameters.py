"""The query parameters of a list, read and checked: what they ask for is a `ListRequest`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from estuary.core.kinds.kind import Broken
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import Comparison, Operator
from estuary.core.queries.query import DEFAULT_LIMIT
from estuary.core.resource import Resource
from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import EXPAND
from estuary.http.records.list_request import (
    MAX_COMPARISONS,
    MAX_VALUES,
    OWNER,
    ListRequest,
    ListRequests,
    Paging,
    filtered_with,
    in_range,
    label,
    operators_of,
    owner_named,
    refused,
)
from estuary.http.records.query_string import pairs_of, shortened, unknown

PARAMETERS: Final = ("limit", "offset", "cursor", "sort", "fields", "count")
RESERVED: Final = frozenset({*PARAMETERS, EXPAND, "q", OWNER, "deleted", "validate_only"})
"""Names that are no field's: one that is called so is asked for with an operator, as in `limit.eq`."""
_MAX_DIGITS: Final = 19
_ORDERS_KEPT: Final = 256
"""How many values of `sort` are remembered with what they mean."""
_stands_for_itself: Final = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
"""RFC 3986, 2.3: unreserved characters are never percent-encoded."""

_FIELD: Final = r"[a-z0-9_]*?(?=__|[^a-z0-9_]|$)"
"""The field that a name begins with, however an operator follows: `pages[gte]`, `pages__gte`."""


class FilterParameter:
    """What one parameter stands for: an attribute is compared. `place` identifies it."""

    def __init__(self, place: int, attribute: Attribute, operator: Operator) -> None:
        self.place: Final = place
        self.attribute: Final = attribute
        self.operator: Final = operator


class ListParameters:
    """Reads the query strings of a resource's lists: one dictionary says what each name stands for."""

    def __init__(self, resource: Resource, requests: ListRequests) -> None:
        self._requests = requests
        self._order = lru_cache(_ORDERS_KEPT)(lambda text: requests.sort(text.split(",")))
        self._attributes = resource.attributes
        self._filters = _names_of(resource.attributes.values())
        self._own = (*PARAMETERS, EXPAND) if requests.expansions.names else PARAMETERS
        self._known = [*self._own, *(name for name in resource.attributes if name not in RESERVED)]

    def read(self, query: str, owner: str | None = None, *, names_owner: bool = False) -> ListRequest:
        """The request in `query`, on the records of `owner` or of all; raises `InvalidParameter`.

        Who `names_owner` may ask for those of one of all owners.
        """
        own: dict[str, str] = {}
        found: dict[int, Comparison] = {}
        listed: dict[str, list[str]] = {}
        kept: list[tuple[str, str]] = []
        for name, value in pairs_of(query):
            parameter = self._filters.get(name)
            if parameter is None:
                if name not in self._own and not (name == OWNER and names_owner and owner is None):
                    raise self._unknown(name)
                if name in own:
                    raise _repeated(name, name)
                own[name] = value
            elif parameter.operator is Operator.IN:
                listed.setdefault(name, []).append(value)
            elif parameter.place in found:
                raise _repeated(name, parameter.attribute.name)
            else:
                found[parameter.place] = _compared(name, parameter, value)
            if name not in ("limit", "cursor"):
                kept.append((name, value))
        for name, values in listed.items():
            parameter = self._filters[name]
            found[parameter.place] = _in(name, parameter, values)
        return self._request(own, found, kept, owner_named(own[OWNER]) if OWNER in own else owner)

    def refuse_unknown(self, query: str, known: Sequence[str] = ()) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no list knows, and is not `known`."""
        for name, _ in pairs_of(query):
            if name not in self._filters and name not in self._own and name not in known:
                raise self._unknown(name)

    def _request(
        self,
        own: Mapping[str, str],
        found: Mapping[int, Comparison],
        kept: Sequence[tuple[str, str]],
        owner: str | None,
    ) -> ListRequest:
        if len(found) > MAX_COMPARISONS:
            raise InvalidParameter("query", f"At most {MAX_COMPARISONS} conditions are taken")
        # In one order, however they are written: the same list has the same statement and cursors.
        where = tuple([found[place] for place in sorted(found)])
        sort = self._order(own["sort"]) if "sort" in own else ()
        projection = self._requests.projections.of_text(own["fields"]) if "fields" in own else None
        paging = Paging(
            _whole_number(own, "limit") or DEFAULT_LIMIT,
            _whole_number(own, "offset"),
            own.get("cursor"),
            own.get("count"),
        )
        query = self._requests.query(where, sort, paging, owner)
        link = _encoded(kept) if kept and query.offset is None else ""
        expansion = self._requests.expansions.of_text(own[EXPAND]) if EXPAND in own else None
        return ListRequest(query, projection, link, expansion)

    def _unknown(self, name: str) -> InvalidParameter:
        """The error for an unknown parameter; a hidden field's name is one of these."""
        field = re.match(_FIELD, name)
        attribute = self._attributes.get(field[0]) if field else None
        if attribute is None or name in RESERVED:
            return unknown(name, self._known)
        usable = [f"{attribute.name}.{operator}" for operator in operators_of(attribute)]
        return InvalidParameter(shortened(name), filtered_with(attribute, usable))


def _encoded(pairs: Sequence[tuple[str, str]]) -> str:
    """`pairs` as `urlencode` writes them: that takes long, and mostly nothing is to be encoded."""
    for _, value in pairs:
        # The names are those of parameters that are known.
        if not _stands_for_itself(value):
            return urlencode(pairs)
    return "&".join([f"{name}={value}" for name, value in pairs])


def _names_of(attributes: Iterable[Attribute]) -> dict[str, FilterParameter]:
    """What each parameter's name stands for: `field.operator`, or `field` alone for equality."""
    names: dict[str, FilterParameter] = {}
    for attribute in attributes:
        for operator in operators_of(attribute):
            parameter = FilterParameter(len(names), attribute, Operator(operator))
            names[f"{attribute.name}.{operator}"] = parameter
            if parameter.operator is Operator.EQ and attribute.name not in RESERVED:
                names[attribute.name] = parameter
    return names


def _compared(name: str, parameter: FilterParameter, text: str) -> Comparison:
    try:
        return parameter.attribute.spelled(parameter.operator, text)
    except Broken as broken:
        raise _refused(name, parameter, text, broken) from None


def _in(name: str, parameter: FilterParameter, texts: Sequence[str]) -> Comparison:
    if len(texts) > MAX_VALUES:
        raise InvalidParameter(name, f"At most {MAX_VALUES} values are taken")
    attribute = parameter.attribute
    try:
        return attribute.comparison(Operator.IN, [attribute.kind.spelled(text) for text in texts])
    except Broken as broken:
        raise _refused(name, parameter, texts[0], broken) from None


def _refused(name: str, parameter: FilterParameter, text: str, broken: Broken) -> InvalidParameter:
    """The error for `text`, with what to write instead where it is written as in other APIs."""
    hint = ""
    if parameter.operator is Operator.IN and "," in text:
        hint = f"; {name} is repeated for each value"
    elif text == "null" and parameter.attribute.optional:
        hint = f"; for null use {parameter.attribute.name}.null=true"
    elif " " in text:
        with suppress(Broken):
            parameter.attribute.spelled(parameter.operator, text.replace(" ", "+"))
            hint = "; in a URL, + is written %2B"
    return refused(name, parameter.attribute, Broken(f"{broken.message}{hint}", broken.code))


def _repeated(name: str, field: str) -> InvalidParameter:
    return InvalidParameter(name, f"{label(field)} must be given once")


def _whole_number(own: Mapping[str, str], name: str) -> int | None:
    text = own.get(name)
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return in_range(name, int(text) if is_number else None)
