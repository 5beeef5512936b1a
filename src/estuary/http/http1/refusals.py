"""Refusals of what never became a request: the answers to broken heads."""

import re
from typing import Final

import httptools

from estuary.core.errors import EstuaryError
from estuary.http.errors import (
    BadRequest,
    HeadersTooLarge,
    TooManyFields,
    UnknownMethod,
    UnmetExpectation,
    UnsupportedProtocol,
    UnsupportedTransfer,
    UriTooLong,
)
from estuary.http.guards.head import MAX_URL_CHARACTERS
from estuary.http.header_fields import Fields
from estuary.http.host import refusal_of

MAX_HEAD_BYTES: Final = 32 * 1024
"""Above the limits that the guards answer, so that these usually say what exactly is too long."""
MAX_FIELDS: Final = 128

_SPOKEN: Final = frozenset({"1.0", "1.1"})
_PREFACE: Final = "PRI"
"""The preface of HTTP/2, and the parser's error for it."""
_FOREIGN_METHOD: Final = "Invalid method"
"""The parser's error for methods of RTSP, such as DESCRIBE and SETUP."""
_CODINGS: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*"
"""RFC 9112, 7, without parameters, which no coding that is registered has."""


def of_parser(error: httptools.HttpParserError) -> EstuaryError:
    """What the parser's error means to the client; the parser's own words are not passed on."""
    if isinstance(error, httptools.HttpParserInvalidMethodError) or str(error).startswith(_FOREIGN_METHOD):
        return UnknownMethod()
    if _PREFACE in str(error):
        return UnsupportedProtocol()
    return BadRequest("Malformed HTTP request")


def of_length(url: int) -> EstuaryError:
    """What of a head that does not end is too long, when its target has `url` bytes so far."""
    return UriTooLong(MAX_URL_CHARACTERS) if url > MAX_URL_CHARACTERS else HeadersTooLarge(MAX_HEAD_BYTES)


def of_head(method: str, version: str, fields: Fields) -> EstuaryError | None:
    """Why a request with this head is not served although the parser took it, None if it is.

    What two servers might read in two ways is refused (RFC 9112, sections 3.2, 6.1 and 11.2), and CONNECT,
    behind which no request follows (RFC 9110, 9.3.6).
    """
    if version not in _SPOKEN:
        return UnsupportedProtocol()
    if method == "CONNECT":
        return UnknownMethod()
    if fields.get("transfer-encoding") is not None:
        refusal = _of_transfer(version, fields)
        if refusal is not None:
            return refusal
    # What HTTP/1.0 expects is to be ignored (RFC 9110, 10.1.1).
    if fields.get("expect") is not None and version != "1.0" and not _can_be_met(fields):
        return UnmetExpectation()
    return _of_fields(fields, host_required=version == "1.1")


def of_plain_head(method: str, fields: Fields) -> EstuaryError | None:
    """What `of_head` says in HTTP/1.1 of a head without a field that says how the message is to be read."""
    return UnknownMethod() if method == "CONNECT" else _of_fields(fields, host_required=True)


def _of_fields(fields: Fields, *, host_required: bool) -> EstuaryError | None:
    if fields.number > MAX_FIELDS:
        return TooManyFields(MAX_FIELDS)
    return refusal_of(fields, host_required=host_required)


def _can_be_met(fields: Fields) -> bool:
    return all(each.lower() == "100-continue" for each in fields.get_all("expect"))


def _of_transfer(version: str, fields: Fields) -> EstuaryError | None:
    if version == "1.0" or fields.get("content-length") is not None:
        return BadRequest("Transfer-Encoding cannot be used here")
    codings = ", ".join(fields.get_all("transfer-encoding"))
    if codings.lower() == "chunked":
        return None
    if re.fullmatch(_CODINGS, codings) is None:
        return BadRequest("Transfer-Encoding must be chunked")
    return UnsupportedTransfer()
