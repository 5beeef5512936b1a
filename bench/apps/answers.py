"""The bytes that every contender without its own store answers with: Estuary's, byte for byte."""

import json

NAME = "Harbour lamp"
DESCRIPTION = "Shows the way in at night."

ITEM_ID = "019a9f3c-5f00-7c11-9d52-3f1e8a77b001"
ITEM_PATH = f"/api/v1/items/{ITEM_ID}"
LIST_PATH = "/api/v1/items"

DRAFT = json.dumps({"name": NAME, "description": DESCRIPTION}, separators=(",", ":")).encode()


def item(number: int = 1) -> dict[str, str]:
    """An item as a client sees it; `number` makes its id."""
    return {
        "id": f"{ITEM_ID[:-3]}{number:03d}",
        "name": NAME,
        "description": DESCRIPTION,
        "created_at": "2026-11-12T09:30:00.123456Z",
        "updated_at": "2026-11-12T09:30:00.123456Z",
    }


def _encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


ITEM = _encode(item())
PAGE = _encode({"items": [item(number) for number in range(1, 21)], "total": 100, "limit": 20, "offset": 0})
