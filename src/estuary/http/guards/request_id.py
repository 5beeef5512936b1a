"""Request ids: a sane one that comes in is kept, any other is replaced, also one that may be an API key.

An id is in every log line of its request.
"""

import os
import re
from typing import Final

from estuary.core.api_keys.api_key_text import PREFIX
from estuary.http.messages import Request

_is_sane: Final = re.compile(rf"(?!.*{PREFIX})[A-Za-z0-9._-]{{1,128}}", re.ASCII).fullmatch
_LAST_DIGITS: Final = [f"{number:02x}" for number in range(256)]


class Identifier:
    """Gives each request the id by which answers and log lines name it.

    A new id is 96 random bits of this process and a number: unique like a random one, but made in a tenth
    of the time, for all but its last two digits are the same for 256 requests. It need not be unguessable.
    """

    def __init__(self) -> None:
        self._prefix = os.urandom(12).hex()
        self._number = 0
        self._digits = ""

    def id_of(self, request: Request) -> str:
        """The id of `request`."""
        given = request.headers.get("x-request-id")
        if given is not None and _is_sane(given):
            return given
        number = self._number
        last = number & 0xFF
        if last == 0:
            self._digits = f"{self._prefix}{number >> 8:06x}"
        self._number = number + 1
        return f"{self._digits}{_LAST_DIGITS[last]}"
