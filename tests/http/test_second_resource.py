"""A second resource costs one declaration: its whole API follows, on every store."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.http.stores import before_any_store
from tests.support.resources import vessel_body
from tests.support.service import ITEMS, client_of, make_service

VESSELS = "tests.support.resources:VESSELS"
PATH = "/api/v1/vessels"


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of two resources."""
    resources = (ITEMS, VESSELS)
    service = make_service(tmp_path, RESOURCES=",".join(resources), **store_variables)
    async with client_of(service, resources=resources) as client:
        yield client


KINDS = {
    "dues": ("12.3", "12.30"),
    "rebate": ("-0.000000000000000001", "-0.000000000000000001"),
    "christened": ("2024-02-29", "2024-02-29"),
    "registry": ("0197F3A0-5C1E-7B3A-9D55-0C2A1D9E8F00", "0197f3a0-5c1e-7b3a-9d55-0c2a1d9e8f00"),
    "tolls": (["1", "-2.5"], ["1.000000000", "-2.500000000"]),
    "calls": (["1998-07-01T08:30:00+02:00"], ["1998-07-01T06:30:00.000000Z"]),
    "papers": ({"b": [1, 2.0, None], "a": {}}, {"b": [1, 2.0, None], "a": {}}),
    "hull": (
        {"width": 2, "thickness": "0.5", "inspected_at": "1998-07-01T06:30:00Z"},
        {
            "material": "steel",
            "width": 2.0,
            "plates": None,
            "thickness": "0.500000000",
            "laid_down": None,
            "inspected_at": "1998-07-01T06:30:00.000000Z",
            "marks": [],
        },
    ),
}
"""By field what is sent and what is served."""


async def test_what_is_patched_is_served_in_one_form(client: httpx.AsyncClient) -> None:
    """However it is written; sent again it changes nothing, and null clears what may be null."""
    created = await client.post(PATH, json=vessel_body())
    place = created.headers["location"]
    body = {name: sent for name, (sent, _) in KINDS.items()}
    changed, again = [await client.patch(place, json=body) for _ in range(2)]
    served = {name: value for name, (_, value) in KINDS.items()}
    assert 200 == changed.status_code, changed.text
    assert (200, served) == (changed.status_code, {name: changed.json()[name] for name in KINDS})
    assert (changed.content, changed.headers["etag"]) == (again.content, again.headers["etag"])
    assert changed.content == (await client.get(place)).content
    cleared = await client.patch(place, json={"hull": None, "rebate": None, "registry": None})
    assert [None, None, None] == [cleared.json()[name] for name in ("hull", "rebate", "registry")]


async def test_defaults_are_filled_in(client: httpx.AsyncClient) -> None:
    """What is not given has its declared default; what is optional is null; nothing is left out."""
    response = await client.post(PATH, json=vessel_body())
    assert 201 == response.status_code
    vessel = response.json()
    assert response.headers["location"] == f"{PATH}/{vessel['id']}"
    assert {
        "name": "Anna Christina",
        "call_sign": None,
        "crew": 0,
        "keel_number": 0,
        "draught": 3.5,
        "cargo_value": 0.0,
        "in_port": False,
        "built_at": "1998-07-01T06:30:00.250000Z",
        "surveyed_at": None,
        "rig": "motor",
        "berth": "",
        "rating": None,
        "tags": [],
        "notes": None,
        "dues": "0.00",
        "rebate": None,
        "christened": None,
        "registry": None,
        "holds": [1],
        "soundings": None,
        "hatches": None,
        "flags": None,
        "inspected": [],
        "tolls": ["0.500000000"],
        "buoys": None,
        "calls": None,
        "hull": None,
        "papers": {},
        "extra": None,
    } == {name: vessel[name] for name in vessel if name not in ("id", "created_at", "updated_at")}
    assert vessel == (await client.get(response.headers["location"])).json()


async def test_every_kind_of_field_comes_back_as_it_was_sent(client: httpx.AsyncClient) -> None:
    """Each kind of value goes through create, read and update unchanged; times come back in UTC."""
    fields = {
        "call_sign": "DABC2",
        "crew": 10_000,
        "keel_number": -(2**53) + 1,
        "draught": 0.1,
        "cargo_value": -1e300,
        "in_port": True,
        "surveyed_at": "2020-02-29T23:59:59.999999Z",
        "rig": "sail",
        "berth": "Ж 7 ⚓",
        "rating": 5,
        "tags": ["a", "", "ü"],
        "notes": [],
    }
    created = (await client.post(PATH, json=vessel_body(**fields))).json()
    assert {name: created[name] for name in fields} == fields
    changed = {"crew": 3, "in_port": False, "rig": "steam", "tags": []}
    sent = {**changed, "built_at": "2000-01-01T02:00:00+02:00"}
    updated = (await client.put(f"{PATH}/{created['id']}", json=sent)).json()
    expected = {**created, **changed, "built_at": "2000-01-01T00:00:00.000000Z"}
    assert updated == {**expected, "updated_at": updated["updated_at"]}


@before_any_store
@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": " "}, "name", "length"),
        ({"call_sign": "ab"}, "call_sign", "pattern"),
        ({"crew": -1}, "crew", "range"),
        ({"crew": 10_001}, "crew", "range"),
        ({"crew": 1.5}, "crew", "integer"),
        ({"crew": 1e300}, "crew", "range"),
        ({"keel_number": 2**53}, "keel_number", "range"),
        ({"draught": 0}, "draught", "range"),
        ({"draught": 40}, "draught", "range"),
        ({"rig": "oar"}, "rig", "choice"),
        ({"rating": 6}, "rating", "range"),
        ({"berth": "x" * 13}, "berth", "length"),
        ({"tags": ["x"] * 9}, "tags", "length"),
        ({"tags": ["x" * 31]}, "tags", "length"),
        ({"notes": ["\0"]}, "notes", "characters"),
        ({"built_at": "0001-01-01T00:00:00+01:00"}, "built_at", "range"),
        ({"dues": "-0.01"}, "dues", "range"),
        ({"dues": "0.001"}, "dues", "digits"),
        ({"dues": "1" * 17}, "dues", "digits"),
        ({"rebate": "-0"}, "rebate", "decimal"),
        ({"tolls": ["1", "1.0000000000"]}, "tolls", "digits"),
        ({"hull": {"width": 1, "thickness": "1000"}}, "hull.thickness", "digits"),
        ({"papers": {"a": [10**309]}}, "papers", "range"),
    ],
)
async def test_every_rule_is_held(
    client: httpx.AsyncClient, fields: dict[str, object], field: str, code: str
) -> None:
    """A broken rule is 422 with the field and the rule's code, and nothing is stored."""
    response = await client.post(PATH, json=vessel_body(**fields))
    assert 422 == response.status_code, response.text
    violations = response.json()["details"]["validation_errors"]
    assert [(each["field"], each["code"]) for each in violations] == [(field, code)]
    assert 0 == (await client.get(PATH)).json()["total"]


@before_any_store
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"crew": "1"}, "crew"),
        ({"crew": True}, "crew"),
        ({"in_port": 1}, "in_port"),
        ({"in_port": None}, "in_port"),
        ({"draught": "3"}, "draught"),
        ({"built_at": "1998-07-01"}, "built_at"),
        ({"built_at": "1998-07-01T06:30:00"}, "built_at"),
        ({"built_at": 0}, "built_at"),
        ({"tags": "a"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"rig": 1}, "rig"),
        ({"dues": 12.3}, "dues"),
        ({"dues": "abc"}, "dues"),
        ({"dues": "1e3"}, "dues"),
        ({"dues": "NaN"}, "dues"),
        ({"tolls": ["1", "1,5"]}, "tolls"),
        ({"hull": {"width": 1, "thickness": "+1"}}, "hull.thickness"),
        ({"christened": "04.07.1998"}, "christened"),
        ({"registry": "abc"}, "registry"),
    ],
)
async def test_every_type_is_held(client: httpx.AsyncClient, fields: dict[str, object], field: str) -> None:
    """A wrong type is 400 with the field it is about."""
    response = await client.post(PATH, json=vessel_body(**fields))
    assert (400, "Invalid JSON format") == (response.status_code, response.json()["message"])
    (violation,) = response.json()["details"]["validation_errors"]
    assert (field, "type") == (violation["field"].partition("[")[0], violation["code"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dues.lt=1000000000000000000", 1),
        ("dues.gte=1000000000000000000", 0),
        ("dues=1000000000000000000", 0),
        ("dues.ne=12.345", 1),
        ("dues.in=12.345&dues.in=12.34000", 1),
        ("dues.lt=12.345", 1),
        ("dues.gt=12.335&dues.lte=12.3400001", 1),
        ("dues.gte=12.3400001", 0),
        ("dues.gt=-99999999999999999999", 1),
        ("rebate.lt=-1", 0),
        ("tolls.has=0.5", 1),
        ("tolls.has=0.50000000001", 0),
        ("keel_number.lt=100000000000000000000", 1),
        ("keel_number.lte=-100000000000000000000", 0),
        ("keel_number=9007199254740993", 0),
    ],
)
async def test_filters_know_numbers_that_no_field_has_room_for(
    client: httpx.AsyncClient, query: str, found: int
) -> None:
    """They are read by their kind alone, and the answer is that of the number which was written."""
    await client.post(PATH, json=vessel_body(dues="12.34"))
    assert found == (await client.get(f"{PATH}?{query}")).json()["total"]


async def test_the_resources_do_not_see_each_other(client: httpx.AsyncClient) -> None:
    """Lists, ids, cursors and metrics are each resource's own."""
    vessel = (await client.post(PATH, json=vessel_body())).json()
    await client.post(PATH, json=vessel_body())
    assert 0 == (await client.get("/api/v1/items")).json()["total"]
    assert 404 == (await client.get(f"/api/v1/items/{vessel['id']}")).status_code
    cursor = (await client.get(f"{PATH}?cursor=&limit=1")).json()["next_cursor"]
    assert 400 == (await client.get(f"/api/v1/items?cursor={cursor}")).status_code
    metrics = (await client.get("/metrics")).text.splitlines()
    assert {"vessels_created_total 2", "items_created_total 0"} <= set(metrics)
