"""The body of a query (RFC 10008): conditions with `and`, `or`, `not`, and all that a URL can say."""

from collections.abc import Sequence
from typing import Final

import msgspec

from estuary.core.nesting import nests_too_deep
from estuary.core.queries.conditions import Condition
from estuary.core.queries.query import DEFAULT_LIMIT
from estuary.core.resource import Resource
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.bodies import is_utf8
from estuary.http.records.expansion import EXPAND
from estuary.http.records.json_parts import Members, members_of, names_of, text_of, whole_number_of
from estuary.http.records.list_request import OWNER, ListRequest, ListRequests, Paging, owner_named
from estuary.http.records.query_conditions import TOO_DEEP, WHERE, QueryConditions
from estuary.http.records.query_string import unknown

MEMBERS: Final = (WHERE, "sort", "fields", "limit", "offset", "cursor", "count")
_MAX_PARTS: Final = 20_000
"""Names and values in a body, counted by the commas between them, those in texts included: four times what
any query that is taken needs, and few enough that taking them apart costs milliseconds."""


class QueryBodies:
    """Reads the bodies of queries for the lists of one resource."""

    def __init__(self, resource: Resource, requests: ListRequests) -> None:
        self._attributes = resource.attributes
        self._requests = requests
        self._members = (*MEMBERS, EXPAND) if requests.expansions.names else MEMBERS

    def read(self, body: bytes, owner: str | None = None, *, names_owner: bool = False) -> ListRequest:
        """The request in `body`, on the records of `owner` or of all; raises `BadRequest`.

        Who `names_owner` may ask for those of one of all owners.
        """
        members = _query(body, (*self._members, OWNER) if names_owner and owner is None else self._members)
        where: tuple[Condition, ...] = ()
        if WHERE in members:
            where = QueryConditions(self._attributes).read(members[WHERE])
        sort = self._requests.sort(names_of(members, "sort")) if "sort" in members else ()
        projection = None
        if "fields" in members:
            projection = self._requests.projections.of_names(names_of(members, "fields"))
        paging = Paging(
            whole_number_of(members, "limit") or DEFAULT_LIMIT,
            whole_number_of(members, "offset"),
            text_of(members, "cursor"),
            text_of(members, "count"),
        )
        named = owner_named(text_of(members, OWNER))
        expansion = None
        if EXPAND in members:
            expansion = self._requests.expansions.of_names(names_of(members, EXPAND))
        query = self._requests.query(where, sort, paging, named or owner)
        return ListRequest(query, projection, expansion=expansion)


def _query(body: bytes, known: Sequence[str]) -> Members:
    """The members of the whole body, all `known`; raises `BadRequest` for what is not JSON, or no query."""
    if nests_too_deep(body):
        raise InvalidParameter("body", TOO_DEEP)
    if not is_utf8(body):
        raise BadRequest("Malformed JSON")
    try:
        # Without white space, what stands in an object can be compared with what was understood of it.
        compact = msgspec.json.format(body, indent=-1)
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None
    if compact.count(b",") > _MAX_PARTS:
        raise InvalidParameter("body", f"Must not have more than {_MAX_PARTS} names and values")
    members = members_of(msgspec.Raw(compact), "body")
    for name in members:
        if name not in known:
            raise unknown(name, known)
    return members
