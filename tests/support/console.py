"""Sessions at a console as documents show them, compared with what is really answered."""

import re
from typing import Any

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "localhost:3000"
DIFFERENT_EVERY_TIME = {"id", "created_at", "updated_at", "timestamp", "request_id"}


def without_what_differs(told: Any) -> Any:
    """The JSON document `told` with a mark in place of ids and times."""
    match told:
        case dict():
            return {
                key: "…" if key in DIFFERENT_EVERY_TIME else without_what_differs(value)
                for key, value in told.items()
            }
        case list():
            return [without_what_differs(value) for value in told]
        case _:
            return told
