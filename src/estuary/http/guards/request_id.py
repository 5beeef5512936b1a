"""Request ids: a sane one that comes in is kept, any other is replaced."""

import random
import re

from estuary.http.messages import Request

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def identify(request: Request) -> str:
    """The id under which the request stands in answers and log lines.

    A new one is 128 random bits. They need not be unguessable, and the plain generator makes them
    four times as fast as the system's.
    """
    given = request.headers.get("x-request-id")
    if given is not None and _SANE.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"
