"""Values at the edges of what fields can hold: texts, and fields of the vessels."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from tests.support.resources import Hull

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
        "dues": Decimal("12.30"),
        "rebate": Decimal("0.000000000000000001"),
        "christened": date(1998, 7, 4),
        "registry": UUID("0197f3a0-5c1e-7b3a-9d55-0c2a1d9e8f00"),
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
    "greatest decimal": {"dues": Decimal("9999999999999999.99"), "rebate": Decimal("0." + 18 * "9")},
    "smallest decimal": {"rebate": Decimal("-0." + 18 * "9")},
    "decimal zero": {"dues": Decimal("0.00"), "rebate": Decimal(0).scaleb(-18)},
    "first date": {"christened": date.min},
    "last date": {"christened": date.max},
    "leap day": {"christened": date(2024, 2, 29)},
    "first UUID": {"registry": UUID(int=0)},
    "last UUID": {"registry": UUID(int=2**128 - 1)},
    "lists of every kind": {
        "holds": [MAX_SAFE_INTEGER, -1000, 0, 0],
        "soundings": [1e308, 5e-324, 0.1, -2.5, 3.0, 9007199254740993.0],
        "hatches": [True, False, True],
        "flags": ["green", "red"],
        "inspected": [date.max, date.min, date(2024, 2, 29)],
        "tolls": [Decimal("-0.000000001"), Decimal("999999999.999999999"), Decimal("0.000000000")],
        "buoys": [UUID(int=2**128 - 1), UUID(int=0)],
        "calls": [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2020, 2, 29, tzinfo=UTC),
        ],
    },
    "a part of its own": {
        "hull": Hull(
            material="wood",
            width=0.1,
            plates=MAX_SAFE_INTEGER,
            thickness=Decimal("0.000000001"),
            laid_down=date.min,
            inspected_at=datetime(2020, 2, 29, tzinfo=UTC),
            marks=["", "\U0001f30a\"'\\"],
        )
    },
    "a part with nulls": {"hull": Hull(width=1.0)},
    "an object": {
        "papers": {
            "z": [1, 1.0, True, None, {}, [], -0.0, 1e308, 5e-324],
            "a": 2**200,
            "": {"\U0001f30a\"'\\u0000": "\x01\u2028"},
            "$type": "_id",
        },
        "extra": {"1": {"2": {"3": {"4": {"5": {"6": {"7": {}}}}}}}},
    },
    "empty lists of every kind": {
        "holds": [],
        "soundings": [],
        "hatches": [],
        "flags": [],
        "inspected": [],
        "tolls": [],
        "buoys": [],
        "calls": [],
    },
    "nulls": {"call_sign": None, "surveyed_at": None, "rating": None, "notes": None},
    "empty text": {"berth": ""},
    "empty lists": {"tags": [], "notes": []},
    "list of empty texts": {"tags": ["", ""], "notes": [""]},
    "list of awkward texts": {"notes": list(TEXTS.values())},
    "list with repeats": {"tags": ["b", "a", "b"]},
    **{text: {"name": content} for text, content in TEXTS.items()},
}
