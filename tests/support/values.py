"""Values at the edges of what fields can hold: texts, and fields of the vessels."""

from datetime import UTC, datetime
from typing import Any

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER

TEXTS = {
    "astral": "🚢𐍈🜨",
    "combining, never composed": "e\u0301 a\u030a n\u0303",
    "composed, never taken apart": "é å ñ",
    "right to left": "שלום عليكم \u202eabc\u202c",
    "joined emoji": "👩🏽‍🚒👨‍👩‍👧‍👦",
    "controls": "a\x01\x02\x1b[31m\x7f\x80b",
    "lines": "one\ntwo\r\nthree\tfour\u2028five",
    "quotes": """it's "so" `odd` \\ / %s ? :name $1 {x} --; DROP TABLE items""",
    "wildcards": "100%_*[a-z]",
    "like a number": "007",
    "like a float": "1e5",
    "like null": "null",
    "not a character": "\ufffe\uffff\U0010ffff",
    "case": "İıßſΣς",
}

VALUES: dict[str, dict[str, Any]] = {
    "usual": {},
    "everything": {
        "call_sign": "DGHB",
        "crew": 12,
        "in_port": True,
        "surveyed_at": datetime(2020, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
        "rig": "sail",
        "berth": "12a",
        "rating": 5,
        "tags": ["old", "wooden"],
        "notes": ["leaks"],
    },
    "largest integer": {"keel_number": MAX_SAFE_INTEGER},
    "smallest integer": {"keel_number": -MAX_SAFE_INTEGER},
    "bounds of integers": {"crew": 10_000, "rating": 1},
    "greatest float": {"cargo_value": 1.7976931348623157e308},
    "great float": {"cargo_value": 1e308},
    "smallest float": {"cargo_value": 5e-324},
    "float without exact decimals": {"cargo_value": 0.1},
    "float with 17 digits": {"cargo_value": 0.30000000000000004},
    "negative float": {"cargo_value": -2.5e-10},
    "whole float": {"cargo_value": 3.0},
    "float beyond exact integers": {"cargo_value": 9007199254740993.0},
    "first moment": {"built_at": datetime(1, 1, 1, tzinfo=UTC)},
    "last moment": {"built_at": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)},
    "one microsecond": {"surveyed_at": datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)},
    "before the epoch": {"surveyed_at": datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)},
    "nulls": {"call_sign": None, "surveyed_at": None, "rating": None, "notes": None},
    "empty text": {"berth": ""},
    "empty lists": {"tags": [], "notes": []},
    "list of empty texts": {"tags": ["", ""], "notes": [""]},
    "list of awkward texts": {"notes": list(TEXTS.values())},
    "list with repeats": {"tags": ["b", "a", "b"]},
    **{text: {"name": content} for text, content in TEXTS.items()},
}
