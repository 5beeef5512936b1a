"""Request ids: a sane one that comes in is kept, any other is replaced."""

import os
import re
from collections.abc import Callable
from itertools import count

from estuary.http.messages import Request

_is_sane = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII).fullmatch


def identifier() -> Callable[[Request], str]:
    """A function that gives each request the id under which it stands in answers and log lines.

    A new id is 96 random bits of this process and a number: unique like a random one, but made in half the
    time. It need not be unguessable.
    """
    prefix = os.urandom(12).hex()
    numbers = count()

    def identify(request: Request) -> str:
        given = request.headers.get("x-request-id")
        if given is not None and _is_sane(given):
            return given
        return f"{prefix}{next(numbers):08x}"

    return identify
