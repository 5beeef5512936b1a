"""What schemathesis cannot know of the API's headers, told before each of its valid requests."""

from typing import Any
from uuid import uuid4

import schemathesis

_KEY, _WANTED, _UNWANTED = "Idempotency-Key", "If-Match", "If-None-Match"


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make a valid request one that can succeed; invalid ones are for the API to refuse.

    A key is for one request, so no two share one. No record has a made-up tag: any version is wanted, and
    one unwanted that no record has. (In its coverage phase schemathesis 4.32 takes `0` for a tag, whatever
    the pattern says.)
    """
    headers = case.headers or {}
    if not case.meta.generation.mode.is_positive:
        return
    mended = {_KEY: str(uuid4()), _WANTED: "*", _UNWANTED: '"0", W/"made-up"'}
    headers.update({name: value for name, value in mended.items() if name in headers})
