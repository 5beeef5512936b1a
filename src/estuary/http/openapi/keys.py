"""The routes of API keys in the OpenAPI document."""

from typing import Any, Final

from estuary.core.access.identity import MAX_OWNER_LENGTH
from estuary.core.api_keys.grants import MAX_DAYS, MAX_ENTRIES, MAX_NAME, MAX_ROLE, MAX_SCOPE
from estuary.core.api_keys.key_view import KeyState
from estuary.http.keys.bodies import DEFAULT_DAYS, MAX_OVERLAP
from estuary.http.keys.handlers import DEFAULT_LIMIT, LIMIT, MAX_LIMIT, MAX_OFFSET, OFFSET
from estuary.http.openapi.list_schemas import reference
from estuary.http.openapi.responses import ALWAYS, WITH_BODY, answer, body, empty, responses
from estuary.http.openapi.schemas import Schema

_NO_STORE: Final = "Cache-Control"
_ID: Final = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _nullable(schema: Schema, description: str) -> Schema:
    return schema | {"type": [schema["type"], "null"], "description": description}


def _texts(longest: int) -> Schema:
    entry = {"type": "string", "minLength": 1, "maxLength": longest}
    return {"type": "array", "maxItems": MAX_ENTRIES, "items": entry}


_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXT: Final[Schema] = {"type": "string"}
_KEY: Final[dict[str, Any]] = {
    "id": _TEXT | {"pattern": "^[0-9a-f]{16}$"},
    "name": _TEXT,
    "state": {"type": "string", "enum": [each.value for each in KeyState]},
    "owner": _nullable(_TEXT, "Whose records it sees; null where it has no owner."),
    "scopes": {"type": "array", "items": _TEXT},
    "roles": {"type": "array", "items": _TEXT},
    "created_by": _TEXT | {"description": "The subject that made it; empty for an operator's command."},
    "created_at": _TIME,
    "expires_at": _nullable(_TIME, "Null for a key that never expires."),
    "rotated_at": _nullable(_TIME, "When it was given its secret, if that was not when it was made."),
    "previous_until": _nullable(_TIME, "Until when the secret before that is honoured."),
    "revoked_at": _nullable(_TIME, "When it was revoked."),
    "last_used_at": _nullable(_TIME, "The hour in which it was last used."),
}
_SECRET: Final[Schema] = {"key": _TEXT | {"description": "The key itself: it is told this once."}}

KEY_SCHEMAS: Final[Schema] = {
    "ApiKey": {"type": "object", "required": list(_KEY), "properties": _KEY},
    "IssuedApiKey": {
        "type": "object",
        "required": [*_KEY, *_SECRET],
        "properties": _KEY | _SECRET,
    },
    "ApiKeys": {
        "type": "object",
        "required": ["items", "total", LIMIT, OFFSET],
        "properties": {
            "items": {"type": "array", "items": reference("ApiKey")},
            "total": {"type": "integer", "minimum": 0},
            LIMIT: {"type": "integer"},
            OFFSET: {"type": "integer"},
        },
    },
    "ApiKeyDraft": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": MAX_NAME},
            "scopes": _texts(MAX_SCOPE) | {"description": "At most those of its maker."},
            "roles": _texts(MAX_ROLE) | {"description": "At most those of its maker."},
            "owner": _nullable(
                {"type": "string", "minLength": 1, "maxLength": MAX_OWNER_LENGTH},
                "Its maker's where that has one, which is also what it is where it is absent.",
            ),
            "expires_in_days": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": MAX_DAYS,
                "default": DEFAULT_DAYS,
                "description": "Null for a key that never expires.",
            },
        },
        "additionalProperties": False,
    },
    "ApiKeyRotation": {
        "type": "object",
        "properties": {
            "overlap_seconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": MAX_OVERLAP,
                "default": 0,
                "description": "How long the secret before is still honoured.",
            }
        },
        "additionalProperties": False,
    },
}


def key_paths(path: str) -> Schema:
    """The paths of API keys, all of them for bearers of one role."""
    listed, shown = answer("Some keys.", reference("ApiKeys")), answer("The key.", reference("ApiKey"))
    created = answer("The key, which is told this once.", reference("IssuedApiKey"), "Location", _NO_STORE)
    issued = answer("The key, which is told this once.", reference("IssuedApiKey"), _NO_STORE)
    revoked = empty("It is revoked.")
    parameters = [_number(LIMIT, 1, MAX_LIMIT, DEFAULT_LIMIT), _number(OFFSET, 0, MAX_OFFSET, 0)]
    optional = body("ApiKeyRotation")["requestBody"] | {"required": False}
    lists = _operation("list_api_keys", "List API keys", {200: listed})
    creates = _operation("create_api_key", "Make an API key", {201: created}, *WITH_BODY, 409)
    rotates = _operation(
        "rotate_api_key", "Give an API key a new secret", {200: issued}, *WITH_BODY, 404, 409
    )
    return {
        path: {"get": lists | {"parameters": parameters}, "post": creates | body("ApiKeyDraft")},
        f"{path}/{{id}}": {
            "parameters": [_ID],
            "get": _operation("read_api_key", "Read about an API key", {200: shown}, 404),
            "delete": _operation("revoke_api_key", "Revoke an API key", {204: revoked}, 404),
        },
        f"{path}/{{id}}/rotate": {
            "parameters": [_ID],
            "post": rotates | {"requestBody": optional},
        },
    }


def _operation(name: str, summary: str, good: dict[int, Schema], *errors: int) -> Schema:
    described = {"tags": ["keys"], "operationId": name, "summary": summary, "security": [{"bearer": []}]}
    return described | responses(good, (*ALWAYS, 401, 403, *errors))


def _number(name: str, low: int, high: int, default: int) -> Schema:
    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return {"name": name, "in": "query", "schema": schema}
