"""The limits of a request's head: how long its URL is, and its header fields together."""

from typing import Final

from estuary.http.errors import HeadersTooLarge, UriTooLong
from estuary.http.messages import Guard, Request, Verdict

MAX_URL_CHARACTERS: Final = 8192
MAX_HEADER_CHARACTERS: Final = 16 * 1024


class HeadLimits(Guard):
    """Refuses a head beyond the limits of URL and header fields."""

    def check(self, request: Request) -> Verdict:
        """Let the request pass, or raise `UriTooLong` or `HeadersTooLarge`."""
        if len(request.path) + len(request.query) > MAX_URL_CHARACTERS:
            raise UriTooLong(MAX_URL_CHARACTERS)
        if request.headers.size > MAX_HEADER_CHARACTERS:
            raise HeadersTooLarge(MAX_HEADER_CHARACTERS)
        return None
