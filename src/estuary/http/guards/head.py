"""The request's head: it names its host, and neither URL nor headers are out of all proportion."""

from estuary.core.errors import BadRequest, HeadersTooLarge, UriTooLong
from estuary.http.messages import Request, Response

MAX_URL_CHARACTERS = 8192
MAX_HEADER_CHARACTERS = 16 * 1024


def check_head(request: Request) -> Response | None:
    """Refuse a head without `Host` (RFC 9112, 3.2) or beyond the limits of URL and header values."""
    if len(request.path) + len(request.query) > MAX_URL_CHARACTERS:
        raise UriTooLong(MAX_URL_CHARACTERS)
    headers = request.headers
    if headers.size > MAX_HEADER_CHARACTERS:
        raise HeadersTooLarge(MAX_HEADER_CHARACTERS)
    if not headers.get("host"):
        raise BadRequest("Host header is required")
    return None
