"""Security as the OpenAPI document tells it: which operations ask for a token, and what it must grant."""

from collections.abc import Mapping

from estuary.http.openapi.schemas import Schema

REFUSALS = {
    401: "There is no token, or it does not hold.",
    403: "The token does not grant the scope that is needed.",
}
CHALLENGE: Schema = {
    "description": "What is wrong with the token, or that one is needed (RFC 6750).",
    "schema": {"type": "string"},
}
SCHEMES: Schema = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of one of the issuers that the service trusts.",
    }
}


def secured(paths: Schema, scopes: Mapping[str, str]) -> Schema:
    """`paths` whose operations ask for a token, with the scope for each method where one is needed."""
    return {
        path: {
            name: _secured(member, scopes.get(name.upper())) if name != "parameters" else member
            for name, member in item.items()
        }
        for path, item in paths.items()
    }


def _secured(operation: Schema, scope: str | None) -> Schema:
    needed = [] if scope is None else [scope]
    refusals = [401] if scope is None else [401, 403]
    references = {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in refusals}
    responses = dict(sorted({**operation["responses"], **references}.items()))
    return {**operation, "security": [{"bearer": needed}], "responses": responses}
