"""The request headers of records as OpenAPI parameters: what they mean, and exactly what is accepted."""

from estuary.core.writes.writes import MAX_KEY_LENGTH
from estuary.http.openapi.schemas import Schema
from estuary.http.records.write_headers.idempotency import FIELD_PARAMETERS, MAX_FIELD_CHARACTERS

_TAG = '(W/)?"[!#-~\\x80-\\xff]*"'
_TAGS = f"^(\\*|[ \\t,]*{_TAG}([ \\t]*,[ \\t]*({_TAG})?)*)$"
_BARE_KEY = f"[!#-~]([ !#-~]{{0,{MAX_KEY_LENGTH - 2}}}[!#-~])?"
_QUOTED_KEY = f'"([ !#-\\[\\]-~]|\\\\["\\\\]){{1,{MAX_KEY_LENGTH}}}"{FIELD_PARAMETERS}'


def _header(name: str, schema: Schema, description: str, example: str) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"} | schema,
        "example": example,
    }


PARAMETERS: Schema = {
    "IdempotencyKey": _header(
        "Idempotency-Key",
        {"pattern": f"^({_BARE_KEY}|{_QUOTED_KEY})$", "maxLength": MAX_FIELD_CHARACTERS},
        "Makes the request safe to send again: for 24 hours the same key and request get the first answer, "
        "and change nothing more. Use a new random key, such as a UUID, for each new request.",
        '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    ),
    "IfMatch": _header(
        "If-Match",
        {"pattern": _TAGS},
        "The ETags of which the record must have one, else the answer is 412; * for any.",
        '"3"',
    ),
    "IfNoneMatch": _header(
        "If-None-Match",
        {"pattern": _TAGS},
        "The ETags of which the record must have none, else the answer is 412; * for any. A `PUT` with * "
        "and without `If-Match` creates the record under its id.",
        '"2", "3"',
    ),
    "Prefer": _header(
        "Prefer",
        {},
        "`return=minimal` asks for 204 without a body (RFC 7240); what else is preferred is ignored.",
        "return=minimal",
    ),
    "ValidateOnly": {
        "name": "validate_only",
        "in": "query",
        "required": False,
        "description": "Whether to try the write only: the answer says what would be, and nothing is kept.",
        "schema": {"type": "boolean", "default": False},
    },
    "KnownETags": _header(
        "If-None-Match",
        {},
        "The ETags that are known: the answer is 304 where one of them is current. What is no list of them "
        "is ignored.",
        '"2", "3"',
    ),
}
