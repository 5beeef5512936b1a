"""Clients that generators make of the OpenAPI document: their types can be used as the API is."""

from pathlib import Path

import pytest

from estuary.app import load_resources, openapi
from tests.support.generators import python_client, run, typescript
from tests.support.library import LIBRARY_REFERENCES
from tests.support.service import ITEMS

USE = """
import type { components, operations, paths } from "./api";

type Schemas = components["schemas"];

export function told(error: Schemas["Error"]): unknown {
  const first: Schemas["Violation"] | undefined = error.details?.validation_errors?.[0];
  const allowed: unknown = error.details?.context?.["allowed"];
  return first?.message ?? allowed;
}
const context: NonNullable<Schemas["Problem"]["context"]> = { limit: 2048, etag: "\\"3\\"" };

const draft: Schemas["VesselDraft"] = {
  name: "Anna Christina", draught: 3.5, built_at: "1998-07-01T06:30:00Z", call_sign: "DABC2", notes: null,
};
const hull: Schemas["VesselDraft"]["hull"] = { width: 3.5, laid_down: "1998-07-04", thickness: "0.5" };
export const papers: Schemas["VesselDraft"] = { ...draft, hull, papers: { a: [1, { b: null }] } };
const changes: Schemas["VesselChanges"] = { rig: null, rating: 5, call_sign: null };
export const patch: Schemas["VesselPatch"] = { rating: null, call_sign: null, crew: 7 };
// @ts-expect-error: what may not be null cannot be cleared
export const nameless: Schemas["VesselPatch"] = { name: null };
type Patched = operations["patch_item"];
export const query: Patched["parameters"]["query"] = { validate_only: true };
export const header: Patched["parameters"]["header"] = { Prefer: "return=minimal", "If-Match": '"3"' };
export type Merged = NonNullable<Patched["requestBody"]>["content"]["application/merge-patch+json"];
const rig: Schemas["VesselRigChoice"] = "sail";
export const again: Schemas["VesselDraft"] = { ...draft, rig };
export function named(vessel: Schemas["Vessel"]): string {
  return `${vessel.name} ${vessel.call_sign ?? context["limit"]} ${changes.rig ?? vessel.rig}`;
}
// @ts-expect-error: a choice is no other text
export const oar: Schemas["VesselRigChoice"] = "oar";

export const entry: Schemas["EntryDraft"] = { title: "a" };
// @ts-expect-error: the server sets it
export const forged: Schemas["EntryPatch"] = { title: "a", made_by: "eve" };
export function forge(made: Schemas["Entry"]): string | null {
  // @ts-expect-error: it is read only
  made.made_by = "eve";
  return made.made_by + (made.day ?? made.seen_at);
}

type Batched = operations["batch"];
export const batch: Batched["requestBody"]["content"]["application/json"] = {
  operations: [
    { method: "POST", path: "/api/v1/vessels", body: draft },
    { method: "PATCH", path: "/api/v1/vessels/x", headers: { "If-Match": '"1"' }, body: { rating: null } },
    { method: "DELETE", path: "/api/v1/vessels/x" },
  ],
};
type Made = Batched["responses"][200]["content"]["application/json"];
export function tags(made: Made): (string | undefined)[] {
  return made.results.map((result) => result.headers.etag);
}
// @ts-expect-error: a batch reads nothing
export const reads: Schemas["BatchOperation"] = { method: "GET", path: "/api/v1/vessels" };

type ByIsbn = operations["update_volume_by_isbn"];
export const isbn: ByIsbn["parameters"]["path"] = { value: "978-3" };
type Upsert = NonNullable<ByIsbn["requestBody"]>["content"]["application/json"];
export const upsert: Upsert = { title: "a", author: "x" };
export const expand: NonNullable<operations["list_volumes"]["parameters"]["query"]> = {
  author: "01a20ae4-aaec-7239-acf3-5c06e8eab230", expand: "author,translation_of.author",
};
export function writer(book: Schemas["Volume"]): string | undefined {
  return book.expand?.author?.name;
}

type Read = operations["read_item"];
export const where: Read["parameters"]["path"] = { id: "01a20ae4-aaec-7239-acf3-5c06e8eab230" };
export const left: Read["responses"][200]["headers"]["X-RateLimit-Remaining"] = 3;
export const policy: Read["responses"][200]["headers"]["RateLimit-Policy"] = '"default";q=100;w=60';
type Listed = paths["/api/v1/items"]["get"]["responses"][200]["content"]["application/json"];
export function total(listed: Listed): number | null {
  return "total" in listed ? (listed.total ?? null) : null;
}
"""

PARSE = """
from datetime import date
from uuid import UUID
from client.api.volumes import list_volumes, read_volume_by_isbn
from client.api.vessels import read_vessel
from client.api.vessels import create_vessel, patch_vessel, update_vessel
from client.models import Batch, BatchOperation, BatchOperationHeaders, BatchOperationMethod
from client.models import BatchResults, Volume
from client.models import Entry, EntryDraft, Error, Vessel, VesselChanges, VesselPatch, VesselRigChoice

id, time = "01a20ae4-aaec-7239-acf3-5c06e8eab230", "1998-07-01T06:30:00.250000Z"
served = {
    "id": id, "name": "a", "call_sign": None, "crew": 0, "keel_number": 0, "draught": 3.5,
    "cargo_value": 0.0, "in_port": False, "built_at": time, "surveyed_at": None, "rig": "sail",
    "berth": "", "rating": None, "tags": [], "notes": None, "created_at": time, "updated_at": time,
    "dues": "12.30", "rebate": None, "christened": "1998-07-04", "registry": id,
    "holds": [1], "soundings": None, "hatches": None, "flags": ["red"], "inspected": ["1998-07-04"],
    "tolls": ["0.500000000"], "buoys": [id], "calls": [time],
    "hull": {
        "material": "wood", "width": 3.5, "plates": None, "thickness": "0.000000001",
        "laid_down": "1998-07-04", "inspected_at": None, "marks": [],
    },
    "papers": {"a": [1, {"b": None}]}, "extra": None,
}
vessel = Vessel.from_dict(served)
assert (vessel.id, vessel.rig, vessel.notes) == (UUID(id), VesselRigChoice.SAIL, None)
assert (vessel.dues, vessel.christened, vessel.registry) == ("12.30", date(1998, 7, 4), UUID(id))
assert (vessel.inspected, vessel.buoys) == ([date(1998, 7, 4)], [UUID(id)])
assert (vessel.hull.width, vessel.hull.laid_down) == (3.5, date(1998, 7, 4))
assert vessel.papers["a"] == [1, {"b": None}]
assert served["hull"] == vessel.to_dict()["hull"]
assert vessel.to_dict()["built_at"].startswith("1998-07-01T06:30:00.25")
assert {"rig": None} == VesselChanges(rig=None).to_dict()
assert {"rating": None} == VesselPatch(rating=None).to_dict()
for module in (create_vessel, patch_vessel, update_vessel):
    assert {"body", "prefer", "validate_only", "idempotency_key"} <= set(module.sync.__annotations__)
assert {"rig": "motor"} == VesselChanges(rig=VesselRigChoice.MOTOR).to_dict()
operation = BatchOperation(
    method=BatchOperationMethod.PATCH,
    path=f"/api/v1/vessels/{id}",
    headers=BatchOperationHeaders(if_match='"1"'),
    body=VesselPatch(rating=None),
)
sent = Batch(operations=[operation]).to_dict()
assert sent == {
    "operations": [
        {
            "method": "PATCH", "path": f"/api/v1/vessels/{id}", "headers": {"If-Match": '"1"'},
            "body": {"rating": None},
        }
    ]
}
made = BatchResults.from_dict({"results": [
    {"status": 200, "headers": {"etag": '"2"'}, "body": served}, {"status": 204, "headers": {}},
]})
assert (made.results[0].headers.etag, made.results[1].status) == ('"2"', 204)
error = Error.from_dict({
    "error": "PAYLOAD_TOO_LARGE", "message": "m", "timestamp": time, "request_id": "r",
    "details": {"context": {"limit": 2048}},
})
assert 2048 == error.details.context["limit"]
entry = Entry.from_dict({
    "id": id, "title": "a", "made_by": "alice", "seen_at": time, "day": "1998-07-01", "note": None,
    "created_at": time, "updated_at": time,
})
assert ("alice", date(1998, 7, 1)) == (entry.made_by, entry.day)
assert {"title": "a"} == EntryDraft(title="a").to_dict()
author = {"id": id, "name": "Ada", "created_at": time, "updated_at": time}
book = Volume.from_dict({
    "id": id, "title": "a", "author": id, "editor": None, "translation_of": None, "isbn": None,
    "created_at": time, "updated_at": time, "expand": {"author": author, "editor": None},
})
assert ("Ada", None) == (book.expand.author.name, book.expand.editor)
assert {"expand": "author", "author": UUID(id)}.items() <= {
    "expand": list_volumes._get_kwargs(expand="author")["params"]["expand"], "author": book.author
}.items()
assert "/api/v1/volumes/by/isbn/978-3" == read_volume_by_isbn._get_kwargs("978-3")["url"]
assert f"/api/v1/vessels/{id}" == read_vessel._get_kwargs(UUID(id))["url"]
"""


RESOURCES = [
    *(ITEMS, "tests.support.resources:VESSELS", "tests.support.entries:ENTRIES"),
    *LIBRARY_REFERENCES.split(","),
]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The document of several resources, in a file."""
    file = tmp_path / "openapi.json"
    file.write_bytes(openapi(load_resources(RESOURCES)))
    return file


def test_types_for_typescript(document: Path, tmp_path: Path) -> None:
    """openapi-typescript's types let through what the API takes and gives, under tsc's strictest rules."""
    typescript(document, tmp_path, USE, "--noEmit")


def test_a_client_in_python(document: Path, tmp_path: Path) -> None:
    """openapi-python-client's models read what the API gives, and write what it takes."""
    run(tmp_path, python_client(document, tmp_path), "-c", PARSE)
