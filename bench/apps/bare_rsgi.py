"""Granian's native interface with nothing behind it: what any Python service on this server could reach.

A read or a list is a dictionary look-up and constant bytes. A create reads the body and decodes its JSON,
because no service can skip that, keeps nothing, and answers with an item of constant size.
"""

from typing import Any

import msgspec

from bench.apps.answers import ITEM, LIST_PATH, PAGE

HEADERS = [("content-type", "application/json")]
BODIES = {LIST_PATH: PAGE}
decode = msgspec.json.Decoder().decode


async def app(scope: Any, protocol: Any) -> None:
    """Answer any GET with bytes that were made at start-up, and a POST after decoding its body."""
    if scope.method == "POST":
        decode(await protocol())
        protocol.response_bytes(201, HEADERS, ITEM)
    else:
        protocol.response_bytes(200, HEADERS, BODIES.get(scope.path, ITEM))
