"""The same conversation on every store: answers are the same byte for byte, but for ids and times."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.stores import STORES
from tests.http.stores import VARIABLES
from tests.support.members import MEMBERS_REFERENCE
from tests.support.resources import vessel_body
from tests.support.service import ITEMS, client_of, make_service
from tests.support.transcript import Step, Transcript

RESOURCES = (ITEMS, "tests.support.resources:VESSELS", MEMBERS_REFERENCE)
UNKNOWN = "00000000-0000-7000-8000-000000000000"
CHOSEN = "00000000-0000-7000-8000-000000000001"
ABSENT = {"if-none-match": "*"}


MEMBERS, BATCH = "/api/v1/members", "/api/v1/batch"
BY_EMAIL, BY_NUMBER = f"{MEMBERS}/by/email", f"{MEMBERS}/by/number"
KIT = {"size": "M", "colour": "red"}


def _operation(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    sent = {"method": method, "path": path, "headers": {k.replace("_", "-"): v for k, v in headers.items()}}
    return sent if body is None else sent | {"body": body}


def _batch(*operations: dict[str, Any], query: str = "", **headers: str) -> Step:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Step("POST", f"{BATCH}{query}", {"operations": operations}, named)


CREATES = (
    _operation("POST", MEMBERS, {"email": "eve", "number": 5, "kit": KIT}),
    _operation("PUT", f"{BY_EMAIL}/EVE", {"team": "red"}),
    _operation("PATCH", f"{BY_NUMBER}/5", {"kit": {"size": "L"}}, If_Match='"2", "9"'),
    _operation("PUT", f"{MEMBERS}/{CHOSEN}", {"email": "fay"}, If_None_Match="*"),
    _operation("DELETE", f"{BY_EMAIL}/fay", If_Match='"1"'),
)
CONFLICTS = (
    Step(
        "POST", MEMBERS, {"email": "ada", "number": 1, "badge": "b", "team": "red", "shirt": 1, "kit": KIT}
    ),
    Step("POST", MEMBERS, {"email": "ADA"}),
    Step("POST", MEMBERS, {"email": "bob", "team": "red", "shirt": 1}),
    Step("POST", MEMBERS, {"email": "bob", "number": 2}, {"idempotency-key": "m1"}),
    Step("PATCH", f"{BY_EMAIL}/bob", {"number": 1}),
    Step("PATCH", f"{BY_EMAIL}/bob?validate_only=true", {"badge": "b"}),
    Step("GET", f"{BY_EMAIL}/Ada"),
    Step("HEAD", f"{BY_NUMBER}/1"),
    Step("GET", f"{BY_NUMBER}/1", headers={"if-none-match": '"1"'}),
    Step("GET", f"{BY_NUMBER}/one"),
    Step("GET", f"{BY_EMAIL}/ada?fields=number"),
    Step("PUT", f"{BY_EMAIL}/ada", {"note": "x"}),
    Step("PUT", f"{BY_EMAIL}/ada", {"email": "bob"}),
    Step("PUT", f"{BY_EMAIL}/cat", {}, ABSENT),
    Step("PUT", f"{BY_EMAIL}/cat", {}, ABSENT),
    Step("PUT", f"{BY_EMAIL}/dan", {}, {"if-match": "*"}),
    Step("PATCH", f"{BY_NUMBER}/1", {"kit": {"size": "S"}}, {"if-match": '"2", "3"'}),
    Step("PATCH", f"{BY_NUMBER}/1", {"number": 7}, {"idempotency-key": "m2"}),
    Step("PATCH", f"{BY_NUMBER}/1", {"number": 7}, {"idempotency-key": "m2"}),
    Step("DELETE", f"{BY_EMAIL}/cat", headers={"if-match": '"9"'}),
    Step("DELETE", f"{BY_EMAIL}/cat"),
    Step("DELETE", f"{BY_EMAIL}/cat"),
)
BATCHES = (
    _batch(*CREATES, query="?validate_only=true"),
    _batch(*CREATES, idempotency_key="b1"),
    _batch(*CREATES, idempotency_key="b1"),
    _batch(*CREATES[1:], idempotency_key="b1"),
    _batch(*CREATES),
    _batch(_operation("DELETE", f"{BY_NUMBER}/5"), prefer="return=minimal"),
    _batch(_operation("POST", MEMBERS, {"email": "gil"}), _operation("PATCH", f"{BY_EMAIL}/hal", {})),
    _batch(
        _operation("POST", MEMBERS, {"email": "gil"}),
        _operation("PUT", f"{BY_EMAIL}/gil", {}, If_Match='"3"'),
    ),
    _batch(_operation("PUT", f"{BY_EMAIL}/gil", {"number": 7}), _operation("POST", MEMBERS, {"email": 1})),
    _batch(_operation("PUT", f"{BY_EMAIL}/gil", {"number": 7})),
    _batch(_operation("PUT", f"{BY_EMAIL}/ada", {}, If_None_Match="*")),
    _batch(_operation("PUT", f"{MEMBERS}/{UNKNOWN}", {"note": "x"})),
    _batch(),
    *[Step("GET", f"{MEMBERS}{query}") for query in ("", "?number=7", "?email=ada")],
)


def _walk(path: str) -> list[Step]:
    return [Step("GET", f"{path}{query}") for query in ("", "?limit=2", "?limit=2&offset=1", "?offset=99")]


CONVERSATION = (
    *_walk("/api/v1/items"),
    Step("GET", "/api/v1/items?cursor="),
    Step("GET", "/api/v1/items?offset=-1"),
    Step("POST", "/api/v1/items", {"name": " boat ", "description": " small "}),
    Step("POST", "/api/v1/items", {"name": 'ß🚢\u2028\x01"\\', "description": ""}),
    Step("POST", "/api/v1/items", {"name": "ship"}, {"idempotency-key": "k1"}),
    Step("POST", "/api/v1/items", {"name": "ship"}, {"idempotency-key": "k1"}),
    Step("POST", "/api/v1/items", {"name": "other"}, {"idempotency-key": "k1"}),
    Step("POST", "/api/v1/items", {"name": ""}),
    Step("POST", "/api/v1/items", {"name": "x", "description": "a\0b"}),
    Step("GET", "/api/v1/items/{1}"),
    Step("HEAD", "/api/v1/items/{1}"),
    Step("GET", "/api/v1/items/{1}", headers={"if-none-match": '"1"'}),
    Step("PUT", "/api/v1/items/{1}", {}),
    Step("PUT", "/api/v1/items/{1}", {"description": ""}),
    Step("PUT", "/api/v1/items/{1}", {"name": "canoe"}, {"if-match": '"3"'}),
    Step("PUT", "/api/v1/items/{1}", {"name": "raft"}, {"if-match": '"3"'}),
    Step("PUT", "/api/v1/items/{1}", {"name": "raft"}, {"idempotency-key": "k2", "if-match": '"4"'}),
    Step("PUT", "/api/v1/items/{1}", {"name": "raft"}, {"idempotency-key": "k2", "if-match": '"4"'}),
    Step("GET", "/api/v1/items/{1}"),
    Step("PATCH", "/api/v1/items/{1}", {"name": "raft"}),
    Step("PATCH", "/api/v1/items/{1}", {"name": "ferry", "description": None}, {"if-match": '"5"'}),
    Step("PATCH", "/api/v1/items/{1}", {"name": None}),
    Step("PATCH", "/api/v1/items/{1}", {}, {"idempotency-key": "k4", "if-match": '"6"'}),
    Step("PATCH", "/api/v1/items/{1}", {}, {"idempotency-key": "k4", "if-match": '"6"'}),
    Step("PATCH", "/api/v1/items/{1}", {}, {"if-match": '"5"'}),
    Step("PATCH", "/api/v1/items/{1}?validate_only=true", {"description": "dry"}),
    Step("PATCH", f"/api/v1/items/{UNKNOWN}", {}),
    Step("POST", "/api/v1/items?validate_only=true", {"name": "dry"}, {"idempotency-key": "k5"}),
    Step("DELETE", "/api/v1/items/{1}?validate_only=true"),
    Step("PUT", f"/api/v1/items/{CHOSEN}?validate_only=true", {"name": "dry"}, ABSENT),
    Step("PUT", f"/api/v1/items/{CHOSEN}", {"name": "chosen"}, ABSENT | {"idempotency-key": "k6"}),
    Step("PUT", f"/api/v1/items/{CHOSEN}", {"name": "chosen"}, ABSENT | {"idempotency-key": "k6"}),
    Step("PUT", f"/api/v1/items/{CHOSEN}", {"name": "again"}, ABSENT),
    Step("PATCH", f"/api/v1/items/{CHOSEN}", {"name": "ferry"}, {"prefer": "return=minimal"}),
    Step("DELETE", f"/api/v1/items/{CHOSEN}", headers={"if-match": '"2"'}),
    Step("PUT", f"/api/v1/items/{CHOSEN}", {"name": "again"}, ABSENT),
    Step("DELETE", f"/api/v1/items/{CHOSEN}"),
    Step("PUT", f"/api/v1/items/{UNKNOWN}", {"name": "x"}),
    Step("GET", f"/api/v1/items/{UNKNOWN}"),
    Step("GET", "/api/v1/items/%00"),
    *_walk("/api/v1/items"),
    Step("GET", "/api/v1/items?cursor=&limit=1"),
    Step("GET", "/api/v1/items?cursor={cursor}&limit=1"),
    Step("GET", "/api/v1/items?cursor={cursor}&limit=1"),
    Step("DELETE", "/api/v1/items/{2}", headers={"if-match": '"9"'}),
    Step("DELETE", "/api/v1/items/{2}", headers={"idempotency-key": "k3"}),
    Step("DELETE", "/api/v1/items/{2}", headers={"idempotency-key": "k3"}),
    Step("DELETE", "/api/v1/items/{2}"),
    Step("GET", "/api/v1/items/{2}"),
    *_walk("/api/v1/items"),
    Step("POST", "/api/v1/vessels", vessel_body()),
    Step(
        "POST",
        "/api/v1/vessels",
        vessel_body(
            crew=12,
            keel_number=-(2**53) + 1,
            cargo_value=1.7976931348623157e308,
            in_port=True,
            surveyed_at="0001-01-01T00:00:00.000001Z",
            rig="sail",
            rating=5,
            tags=["b", "a", "b"],
            notes=["🚢", ""],
        ),
    ),
    Step("POST", "/api/v1/vessels", vessel_body(cargo_value=5e-324, draught=0.30000000000000004)),
    Step("POST", "/api/v1/vessels", vessel_body(crew=-1, rig="oars")),
    Step("GET", "/api/v1/vessels/{6}"),
    Step("PUT", "/api/v1/vessels/{7}", {"cargo_value": -0.0, "crew": 2.0, "notes": [], "tags": ["x"]}),
    *_walk("/api/v1/vessels"),
    Step("DELETE", "/api/v1/vessels/{6}"),
    *_walk("/api/v1/vessels"),
    *CONFLICTS,
    *BATCHES,
    Step("GET", "/health/ready"),
)


async def transcript(folder: Path, store: str) -> list[tuple[Step, list[bytes]]]:
    """The conversation with a fresh service on a store."""
    service = make_service(
        folder, RESOURCES=",".join(RESOURCES), RATE_LIMIT_ENABLED="false", **VARIABLES[store](folder)
    )
    async with client_of(service, resources=RESOURCES) as client:
        reported = Transcript(client)
        return [(step, await reported.ask(step)) for step in CONVERSATION]


@pytest.mark.parametrize("store", [kind.name for kind in STORES if kind.name != "memory"])
async def test_every_store_answers_as_memory_does(tmp_path: Path, store: str) -> None:
    """Status, headers and body of each answer; nothing shows a client where its records are kept."""
    expected = await transcript(tmp_path, "memory")
    actual = await transcript(tmp_path, store)
    for (step, answer), (_, other) in zip(expected, actual, strict=True):
        assert answer == other, step


async def test_the_conversation_says_something(tmp_path: Path) -> None:
    """It meets every status that a store has a say in, and repeats a cursor, an id and a time."""
    reported = await transcript(tmp_path, "memory")
    assert {b"200", b"201", b"204", b"304", b"400", b"404", b"409", b"412", b"422"} <= {
        lines[0] for _, lines in reported
    }
    whole = b"\n".join(line for _, lines in reported for line in lines)
    for mask in (b"<id 1>", b"<id 6>", b"<time 2>", b"<cursor 1>"):
        assert 1 < whole.count(mask), mask
    assert b"<list 1>" in whole
