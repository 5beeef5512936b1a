"""What is refused before it is a request: how a broken head is told to its client."""

import httptools

from estuary.core.errors import BadRequest, EstuaryError, HeadersTooLarge, UriTooLong
from estuary.http.errors import UnknownMethod, UnmetExpectation, UnsupportedProtocol, UnsupportedTransfer
from estuary.http.guards.head import MAX_URL_CHARACTERS
from estuary.http.http1.fields import Fields

MAX_HEAD_BYTES = 32 * 1024
"""Above the limits that the guards answer, so that these usually say what exactly is too long."""
MAX_FIELDS = 128

_SPOKEN = frozenset({"1.0", "1.1"})


def of_parser(error: httptools.HttpParserError) -> EstuaryError:
    """What the parser's error means to the client; the parser's own words are for nobody."""
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return UnknownMethod()
    return BadRequest("Malformed HTTP request")


def of_length(url: int) -> EstuaryError:
    """What of a head that does not end is too long, when its target has `url` bytes so far."""
    return UriTooLong(MAX_URL_CHARACTERS) if url > MAX_URL_CHARACTERS else HeadersTooLarge(MAX_HEAD_BYTES)


def of_head(version: str, fields: Fields) -> EstuaryError | None:
    """Why a request with this head is not served although the parser took it, None if it is.

    What two servers might read in two ways is refused (RFC 9112, sections 3.2, 6.1 and 11.2).
    """
    if version not in _SPOKEN:
        return UnsupportedProtocol()
    coding, expected = fields.get("transfer-encoding"), fields.get("expect")
    if coding is not None and (version == "1.0" or fields.get("content-length") is not None):
        return BadRequest("Transfer-Encoding cannot be used here")
    if coding is not None and coding.strip().lower() != "chunked":
        return UnsupportedTransfer()
    if expected is not None and expected.strip().lower() != "100-continue":
        return UnmetExpectation()
    repeated = fields.repeated_in_vain
    if repeated is not None:
        return BadRequest(f"{repeated.capitalize()} header must be given once")
    return HeadersTooLarge(MAX_HEAD_BYTES) if fields.number > MAX_FIELDS else None
