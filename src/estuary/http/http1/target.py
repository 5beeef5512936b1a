"""A request's method and target (RFC 9112, 3): as the kernel wants them."""

from typing import Any, Final

import httptools

from estuary.http.path import decoded_path

_SLASH: Final = ord("/")
_METHODS: Final = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
}


def method_of(name: bytes) -> str:
    """The method's name as a text."""
    if name == b"GET":
        return "GET"
    return _METHODS.get(name) or name.decode("latin-1")


def path_and_query(target: bytes) -> tuple[str, str]:
    """The path as `decoded_path` has it, and the query as it came; proxies may send the whole URL."""
    text = target.decode("latin-1")
    if not target or target[0] != _SLASH:
        text = _of_url(target)
    if "?" not in text:
        return decoded_path(text), ""
    path, _, query = text.partition("?")
    return decoded_path(path), query


def _of_url(target: bytes) -> str:
    try:
        # Its parts may be None, which httptools' types leave out and a compiled module would refuse.
        url: Any = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        return target.decode("latin-1")
    path: bytes = url.path or b"/"
    query: bytes = url.query or b""
    return (path + b"?" + query if query else path).decode("latin-1")
