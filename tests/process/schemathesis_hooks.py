"""What the OpenAPI document cannot say of headers and bodies, applied before each valid request."""

from typing import Any
from uuid import uuid4

import schemathesis

_VESSELS = "/api/v1/vessels"
_OBJECTS = ("papers", "extra")
_KEY, _WANTED, _UNWANTED = "Idempotency-Key", "If-Match", "If-None-Match"


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make a valid request one that can succeed; invalid ones are for the API to refuse.

    A key is for one request, so no two share one. No record has a made-up tag: any version is wanted, and
    one unwanted that no record has. (In its coverage phase schemathesis 4.32 takes `0` for a tag, whatever
    the pattern says.) JSON Schema cannot keep U+0000 out of what is nested in an object of any members, nor
    know whether the vessel whose hull is patched has one: the patch holds all that a hull must have. That a
    record is there after a dry run of its delete is no failure either.
    """
    headers = case.headers or {}
    if case.method == "DELETE" and case.query:
        case.query.pop("validate_only", None)
    if not case.meta.generation.mode.is_positive:
        return
    mended = {_KEY: str(uuid4()), _WANTED: "*", _UNWANTED: '"0", W/"made-up"'}
    headers.update({name: value for name, value in mended.items() if name in headers})
    if not isinstance(case.body, dict):
        return
    if case.path == "/api/v1/batch":
        case.body = {"operations": [_mended_operation(each) for each in case.body["operations"]]}
    elif case.path.startswith(_VESSELS):
        case.body = _mended(case.method, case.body)


def _mended_operation(operation: dict[str, Any]) -> dict[str, Any]:
    mended = operation | ({"headers": {_WANTED: "*"}} if "headers" in operation else {})
    if operation["path"].startswith(_VESSELS) and "body" in operation:
        mended["body"] = _mended(operation["method"], operation["body"])
    return mended


def _mended(method: str, body: dict[str, Any]) -> dict[str, Any]:
    mended = body | {name: _without_nul(body[name]) for name in _OBJECTS if name in body}
    if method == "PATCH" and isinstance(body.get("hull"), dict):
        mended["hull"] = {"width": 3.5} | body["hull"]
    return mended


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {_without_nul(name): _without_nul(each) for name, each in value.items()}
    return value
