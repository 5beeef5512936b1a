"""The query parameters of a list, read and checked: what they ask for is a `ListQuery`."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.query import DEFAULT_LIMIT, ListQuery, by_cursor
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.cursors import decode_cursor

MIN_LIMIT, MAX_LIMIT = 1, 100
MAX_OFFSET = MAX_SAFE_INTEGER

_PARAMETERS = frozenset({"limit", "offset", "cursor"})
_MAX_PARAMETERS = 100
_MAX_DIGITS = 19


def parameters_of(query: str) -> dict[str, str]:
    """The parameters that lists know; given twice, there is no telling which is meant."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise InvalidParameter("query", f"At most {_MAX_PARAMETERS} parameters are read") from None
    known: dict[str, str] = {}
    for name, value in pairs:
        if name in known:
            raise InvalidParameter(name, f"{name.capitalize()} must be given once")
        if name in _PARAMETERS:
            known[name] = value
    return known


def parse(parameters: Mapping[str, str], resource: str, owner: str | None = None) -> ListQuery:
    """What the query parameters of a list of `resource` ask for, of the records of `owner` or of all.

    `limit` and `offset` ask by offset, `cursor` (empty for the first page) by cursor.
    Raises `InvalidParameter` naming the parameter, `BadRequest` for cursor and offset together.
    """
    limit = _whole_number(
        parameters, "limit", DEFAULT_LIMIT, MIN_LIMIT, MAX_LIMIT, "Limit must be between 1 and 100"
    )
    cursor = parameters.get("cursor")
    if cursor is None:
        offset = _whole_number(
            parameters, "offset", 0, 0, MAX_OFFSET, f"Offset must be between 0 and {MAX_OFFSET}"
        )
        return ListQuery(limit, offset, owner=owner)
    if "offset" in parameters:
        raise BadRequest("cursor: Cursor and offset cannot be used together")
    return by_cursor(limit, decode_cursor(cursor, resource) if cursor else None, owner)


def _whole_number(
    parameters: Mapping[str, str], name: str, default: int, low: int, high: int, message: str
) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InvalidParameter(name, message)
    number = int(text)
    if not low <= number <= high:
        raise InvalidParameter(name, message)
    return number
