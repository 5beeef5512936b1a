"""Holds every response against the OpenAPI document that the service itself serves."""

import re
from typing import Any

import httpx
import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_DOCUMENT_URI = "urn:estuary:openapi"
_METHODS = ("get", "post", "put", "patch", "delete")
_OUTSIDE_THE_DOCUMENT = (308, 405)
"""Redirects and wrong methods belong to no operation."""

_ERRORS = {form: {"$ref": f"#/components/schemas/{form}"} for form in ("Error", "Problem")}
_FORMATS = FormatChecker()


class Conformance:
    """Checks responses against `document`; use `check` as a response hook of httpx."""

    def __init__(self, document: bytes) -> None:
        self._document: dict[str, Any] = msgspec.json.decode(document)
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT_URI, resource).crawl()
        self._validators: dict[int, Draft202012Validator] = {}
        """By the identity of a schema, which the document keeps: making one takes longer than using it."""
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), item)
            for path, item in self._document["paths"].items()
        ]

    async def check(self, response: httpx.Response) -> None:
        """Raise AssertionError where the document has no such response."""
        await response.aread()
        operation = self._operation(response.request)
        if operation is None or response.status_code in _OUTSIDE_THE_DOCUMENT:
            self._check_error(response)
            return
        if (response.request.method, response.status_code) == ("QUERY", 304):
            assert b"" == response.content  # its twin is no safe method, and is never answered so
            return
        reported = operation["responses"].get(str(response.status_code))
        assert reported is not None, (
            f"{response.request.url.path} {response.status_code} is not in the document"
        )
        reported = self._resolved(reported)
        self._check_headers(reported, response)
        if response.request.method != "HEAD":
            self._check_body(reported, response)

    def _operation(self, request: httpx.Request) -> dict[str, Any] | None:
        method, path = request.method.lower().replace("head", "get"), _path(request)
        if method == "query":
            method, path = "post", f"{path}/query"  # its twin, for OpenAPI 3.1 does not know the method
        for pattern, item in self._paths:
            if method in _METHODS and method in item and pattern.fullmatch(path):
                operation: dict[str, Any] = item[method]
                return operation
        return None

    def _check_error(self, response: httpx.Response) -> None:
        """What no operation answered is an error in one of its two forms, or has no body at all."""
        if response.content:
            form = "Problem" if "problem" in response.headers["content-type"] else "Error"
            self._validate(_ERRORS[form], response)

    def _check_headers(self, reported: dict[str, Any], response: httpx.Response) -> None:
        for name, header in reported.get("headers", {}).items():
            schema = self._resolved(header)["schema"]
            value: Any = response.headers.get(name)
            if value is not None:
                value = int(value) if schema["type"] == "integer" else value
                self._validator(schema).validate(value)
        assert "x-request-id" in response.headers

    def _check_body(self, reported: dict[str, Any], response: httpx.Response) -> None:
        content = reported.get("content")
        if content is None:
            assert b"" == response.content, response.text
            return
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in content, f"{media_type} is not in the document"
        if media_type.endswith("json"):
            self._validate(content[media_type]["schema"], response)

    def _validate(self, schema: dict[str, Any], response: httpx.Response) -> None:
        self._validator(schema).validate(response.json())

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        found = self._validators.get(id(schema))
        if found is None:
            absolute = _with_base(schema)
            found = Draft202012Validator(absolute, registry=self._registry, format_checker=_FORMATS)
            self._validators[id(schema)] = found
        return found

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """`node`, or what its `$ref` points at within the document."""
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node


def _with_base(node: Any) -> Any:
    """`node` with its references made absolute, so that they reach into the document."""
    if isinstance(node, dict):
        return {
            key: f"{_DOCUMENT_URI}{value}" if key == "$ref" else _with_base(value)
            for key, value in node.items()
        }
    return [_with_base(each) for each in node] if isinstance(node, list) else node


def _path(request: httpx.Request) -> str:
    """As it was sent: an encoded slash separates nothing."""
    return request.url.raw_path.decode().partition("?")[0]
