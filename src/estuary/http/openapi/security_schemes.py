"""Security in the OpenAPI document: which operations require a token, and what it must grant."""

from collections.abc import Sequence
from typing import Final

from estuary.core.access.rights import Rights, Rule
from estuary.http.openapi.schemas import Schema
from estuary.http.records.list_request import OWNER
from estuary.http.records.querying import QUERY_PATH

REFUSALS = {
    401: "There is no token where one is needed, or it does not hold.",
    403: "The token does not grant the scope that is needed, or its bearer may not do this.",
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
        "description": "An access token of an issuer that the service trusts; or an API key (`esk_…`), "
        "where keys are accepted.",
    }
}
WHOSE: Final = "x-estuary-whose"
"""An extension of operations with access rules: whose records they may touch, `own`, `all`, or either."""
_PARAMETERS: Final = "parameters"


def secured(paths: Schema, rights: Rights) -> Schema:
    """`paths` of a resource, whose operations say what they ask for, without those refused to everyone."""
    items = {path: _secured_item(path, item, rights) for path, item in paths.items()}
    return {path: item for path, item in items.items() if item.keys() - {_PARAMETERS}}


def _secured_item(path: str, item: Schema, rights: Rights) -> Schema:
    rules = {method: _rules(path, method, rights) for method in item if method != _PARAMETERS}
    return {
        name: member if name == _PARAMETERS else secured_operation(member, rules[name])
        for name, member in _without_owner(item, rights).items()
        if name == _PARAMETERS or not all(rule.hopeless for rule in rules[name])
    }


def _without_owner(item: Schema, rights: Rights) -> Schema:
    """`item`, without the parameter that names an owner where no reader may name one."""
    if rights.read.names_owner:
        return item
    return {
        name: _others(member)
        if name == _PARAMETERS
        else member | {_PARAMETERS: _others(member.get(_PARAMETERS, ()))}
        for name, member in item.items()
    }


def _others(parameters: Sequence[Schema]) -> Sequence[Schema]:
    return [each for each in parameters if each.get("name") != OWNER]


def _rules(path: str, method: str, rights: Rights) -> Sequence[Rule]:
    """The rules of which an operation requires one."""
    match method:
        case "get":
            return (rights.read,)
        case "post":
            return (rights.read if path.endswith(QUERY_PATH) else rights.create,)
        case "put":
            return (rights.update, rights.create)
        case "patch":
            return (rights.update,)
        case _:
            return (rights.delete,)


def secured_operation(operation: Schema, rules: Sequence[Rule]) -> Schema:
    """`operation`, with what one of `rules` asks for."""
    scope = rules[0].scope
    bearer = {"bearer": [] if scope is None else [scope]}
    everyone = any(rule.everyone for rule in rules)
    refuses = scope is not None or any(rule.declared and not rule.signed_in for rule in rules)
    refusals = [401, 403] if refuses else [401]
    references = {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in refusals}
    responses = dict(sorted({**operation["responses"], **references}.items()))
    security = [{}, bearer] if everyone else [bearer]
    return {**operation, **_whose(rules[0]), "security": security, "responses": responses}


def _whose(rule: Rule) -> Schema:
    if not rule.declared:
        return {}
    all_owners = rule.signed_in or rule.roles or rule.scopes
    return {WHOSE: [*(["own"] if rule.owner else []), *(["all"] if all_owners else [])]}
