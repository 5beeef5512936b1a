"""Every request that access rules have a say in, each with what the model expects of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tests.support.access_model import HERS, HIS, MISSING, Model, Reported

IDS = {
    HERS: "01a20ae4-aaec-7239-acf3-5c06e8eab230",
    HIS: "01a20ae4-aaec-7239-acf3-5c06e8eab231",
    MISSING: "01a20ae4-aaec-7239-acf3-5c06e8eab232",
}
NEW_ID = "01a20ae4-aaec-7239-acf3-5c06e8eab239"
_BAD, _FIRST = {"if-match": '"9"'}, {"if-match": '"1"'}
_ABSENT, _MINIMAL = {"if-none-match": "*"}, {"prefer": "return=minimal"}
_PATCH = {"size": 3}
_NEW = {"title": "new", "size": 3, "secret": "s"}


class Form(NamedTuple):
    """One request: `target` is the record that it is about; its other forms differ in that alone.

    `told` gives what the model says. `is_minimal`: no body is asked for; `is_tried`: nothing is kept.
    """

    label: str
    target: str
    method: str
    path: str
    reported: Callable[[Model], Reported]
    json: Any = None
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    is_minimal: bool = False
    is_tried: bool = False


def forms(name: str) -> Iterator[Form]:
    """All requests to the resource with this name."""
    many = f"/api/v1/{name}"
    yield from _lists(many)
    yield from _creations(many)
    for target in (HERS, HIS, MISSING):
        one, by = f"{many}/{IDS[target]}", f"{many}/by/title/{target}"
        for place, path in (("id", one), ("value", by)):
            yield from _reads(place, target, path)
            yield from _changes(place, target, path)
        yield from _puts(target, one, by)
        yield from _batched(target, one, by)


def _lists(many: str) -> Iterator[Form]:
    asked: tuple[tuple[str, str, Callable[[Model], Reported]], ...] = (
        ("list", "", lambda m: m.listed()),
        ("list counted", "?count=exact&limit=1", lambda m: m.listed()),
        ("list by cursor", "?cursor=", lambda m: m.listed()),
        ("list filtered", "?title=his", lambda m: m.listed(where=HIS)),
        ("list sorted", "?sort=-size", lambda m: m.listed()),
        ("list of fields", "?fields=title", lambda m: m.listed()),
        ("list of an owner", "?owner=him", lambda m: m.listed(owner="him")),
        ("list of no owner", "?owner=", lambda m: m.wrong("read")),
        ("list misspelt", "?titel=his", lambda m: m.wrong("read")),
        ("list of hidden", "?secret=s", lambda m: m.wrong("read")),
    )
    for label, query, reported in asked:
        yield Form(label, "", "GET", many + query, reported)
    yield Form("list's head", "", "HEAD", many, lambda m: m.listed())
    bodies: tuple[tuple[str, Any, Callable[[Model], Reported]], ...] = (
        ("query", {}, lambda m: m.listed()),
        ("query filtered", {"where": {"title": {"eq": "his"}}}, lambda m: m.listed(where=HIS)),
        ("query of an owner", {"owner": "him"}, lambda m: m.listed(owner="him")),
        ("query misspelt", {"wehre": {}}, lambda m: m.wrong("read")),
    )
    for label, body, reported in bodies:
        yield Form(label, "", "QUERY", many, reported, body)
        yield Form(f"{label} by POST", "", "POST", f"{many}/query", reported, body)


def _creations(many: str) -> Iterator[Form]:
    yield Form("create", "", "POST", many, lambda m: m.create(), _NEW)
    yield Form("create minimal", "", "POST", many, lambda m: m.create(), _NEW, _MINIMAL, is_minimal=True)
    yield Form(
        "create tried",
        "",
        "POST",
        f"{many}?validate_only=true",
        lambda m: m.create(tried=True),
        _NEW,
        is_tried=True,
    )
    yield Form("create with a key", "", "POST", many, lambda m: m.create(), _NEW, {"idempotency-key": "k"})
    yield Form("create by value", "", "PUT", f"{many}/by/title/new", lambda m: m.create(), _NEW, _ABSENT)
    yield Form("create of junk", "", "POST", many, lambda m: m.wrong("create"), content=b"{")


def _reads(place: str, target: str, path: str) -> Iterator[Form]:
    def reported(model: Model) -> Reported:
        return model.read(target)

    yield Form(f"read by {place}", target, "GET", path, reported)
    yield Form(f"head by {place}", target, "HEAD", path, reported)
    yield Form(f"read of fields by {place}", target, "GET", f"{path}?fields=title", reported)
    wrong = f"{path}?titel=1"
    yield Form(f"read misspelt by {place}", target, "GET", wrong, lambda m: m.wrong("read"))


def _changes(place: str, target: str, path: str) -> Iterator[Form]:
    def updated(model: Model) -> Reported:
        return model.update(target)

    def outdated(model: Model) -> Reported:
        return model.update(target, version=False)

    yield Form(f"patch by {place}", target, "PATCH", path, updated, _PATCH)
    yield Form(f"patch of nothing by {place}", target, "PATCH", path, updated, {})
    yield Form(f"patch in its version by {place}", target, "PATCH", path, updated, _PATCH, _FIRST)
    yield Form(f"patch outdated by {place}", target, "PATCH", path, outdated, _PATCH, _BAD)
    several = {"if-match": '"8", "9"'}
    yield Form(f"patch twice outdated by {place}", target, "PATCH", path, outdated, _PATCH, several)
    yield Form(
        f"patch minimal by {place}", target, "PATCH", path, updated, _PATCH, _MINIMAL, is_minimal=True
    )
    tried = f"{path}?validate_only=true"
    yield Form(f"patch tried by {place}", target, "PATCH", tried, updated, _PATCH, is_tried=True)
    keyed = {"idempotency-key": "k"}
    yield Form(f"patch with a key by {place}", target, "PATCH", path, updated, _PATCH, keyed)
    junk = {"content-type": "application/json"}
    wrong = Form(f"patch of junk by {place}", target, "PATCH", path, lambda m: m.wrong("update"))
    yield wrong._replace(content=b"{", headers=junk)
    yield Form(f"delete by {place}", target, "DELETE", path, lambda m: m.delete(target))
    yield Form(
        f"delete outdated by {place}",
        target,
        "DELETE",
        path,
        lambda m: m.delete(target, version=False),
        headers=_BAD,
    )
    trial = Form(f"delete tried by {place}", target, "DELETE", tried, lambda m: m.delete(target))
    yield trial._replace(is_tried=True)
    yield Form(f"options by {place}", target, "OPTIONS", path, lambda _: Reported(204))


def _puts(target: str, one: str, by: str) -> Iterator[Form]:
    yield Form("put by id", target, "PUT", one, lambda m: m.update(target), _PATCH)
    yield Form("upsert", target, "PUT", by, lambda m: m.upsert(target), _PATCH)
    keyed = {"idempotency-key": "k"}
    yield Form("upsert with a key", target, "PUT", by, lambda m: m.upsert(target), _PATCH, keyed)

    def created(model: Model) -> Reported:
        return model.create(taken=target != MISSING)

    yield Form("create under its id", target, "PUT", one, created, _NEW, _ABSENT)


def _batched(target: str, one: str, by: str) -> Iterator[Form]:
    def batch(label: str, reported: Callable[[Model], Reported], **operation: Any) -> Form:
        return Form(label, target, "POST", "/api/v1/batch", reported, {"operations": [operation]})

    many = one.rpartition("/")[0]
    yield batch("batch of a create", lambda m: m.create(in_batch=True), method="POST", path=many, body=_NEW)
    yield batch(
        "batch of a patch", lambda m: m.update(target, in_batch=True), method="PATCH", path=one, body=_PATCH
    )
    yield batch(
        "batch of a put", lambda m: m.update(target, in_batch=True), method="PUT", path=one, body=_PATCH
    )
    yield batch(
        "batch outdated",
        lambda m: m.update(target, version=False, in_batch=True),
        method="PATCH",
        path=one,
        body=_PATCH,
        headers={"If-Match": '"9"'},
    )
    yield batch("batch of a delete", lambda m: m.delete(target, in_batch=True), method="DELETE", path=one)
    yield batch(
        "batch of an upsert",
        lambda m: m.upsert(target, in_batch=True),
        method="PUT",
        path=by,
        body=_PATCH,
    )
    yield batch(
        "batch of a patch by value",
        lambda m: m.update(target, in_batch=True),
        method="PATCH",
        path=by,
        body=_PATCH,
    )
    yield batch(
        "batch of a delete by value", lambda m: m.delete(target, in_batch=True), method="DELETE", path=by
    )
