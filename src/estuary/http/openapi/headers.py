"""The response headers in the OpenAPI document."""

from estuary.http.openapi.schemas import Schema
from estuary.http.openapi.security_schemes import CHALLENGE

HEADERS: Schema = {
    "X-Request-Id": {
        "description": "The id under which the request stands in the logs.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "ETag": {
        "description": "The record's version; of a list, a weak tag of its content.",
        "schema": {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'},
    },
    "Idempotency-Replayed": {
        "description": "That this is the answer to an earlier request with the same `Idempotency-Key`.",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {
        "description": "That the client is spared the body, as it asked (RFC 7240).",
        "schema": {"type": "string", "const": "return=minimal"},
    },
    "Location": {
        "description": "Where the new record is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Link": {
        "description": "The next page (RFC 8288), where there is one.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "How long the answer may be kept: not at all.",
        "schema": {"type": "string", "const": "no-store"},
    },
    "Accept-Query": {
        "description": "The forms in which the collection takes `QUERY` (RFC 10008).",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": CHALLENGE,
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Limit": {
        "description": "How many requests a client may make within the window.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Remaining": {
        "description": "How many more it may make now.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-RateLimit-Reset": {
        "description": "Seconds until more are allowed.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Policy": {
        "description": "The limit (q) and its window in seconds (w), as the IETF's draft has it.",
        "schema": {"type": "string", "pattern": '^"[^"]+";q=[0-9]+;w=[0-9]+$'},
        "example": '"default";q=100;w=60',
    },
    "RateLimit": {
        "description": "How many more requests may be made (r), and the seconds until there are more (t).",
        "schema": {"type": "string", "pattern": '^"[^"]+";r=[0-9]+;t=[0-9]+$'},
        "example": '"default";r=50;t=30',
    },
}
LIMITS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
)
"""The headers of answers to counted requests, where the rate limit is on."""


def references(*names: str) -> Schema:
    """The headers `names` of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
