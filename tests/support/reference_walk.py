"""Requests about records that refer to others, each with what has to come of it by the access rules.

None of them changes anything. There is a remark on each note, and one on none.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.support.access_model import HERS, HIS, MISSING, OWNERS, Asker, Model, Reported
from tests.support.access_walk import IDS, Form
from tests.support.ruled import remarks_on

REMARKS = {
    HERS: "01a20ae4-aaec-7239-acf3-5c06e8eab240",
    HIS: "01a20ae4-aaec-7239-acf3-5c06e8eab241",
    MISSING: "01a20ae4-aaec-7239-acf3-5c06e8eab242",
}
"""The ids of the remarks, by what they are on. Each has the owner of that, and its name."""
NOTHING = "-"
"""Stands for a note that is not shown."""
_NEW_ID = "01a20ae4-aaec-7239-acf3-5c06e8eab249"


class ReferenceModel:
    """What one asker may do with remarks on the notes of the resource called `name`."""

    def __init__(self, name: str, asker: Asker, *, batches_are_open: bool) -> None:
        self._asker = asker
        self._notes = Model(name, asker, batches_are_open=batches_are_open)
        self._remarks = Model(remarks_on(name), asker, batches_are_open=batches_are_open)

    def listed(self) -> Reported:
        """The remarks, with the notes that they are on."""
        reported = self._remarks.listed()
        shown = tuple(sorted(self._beside(target) for target in REMARKS))
        return reported if reported.shown is None else reported._replace(shown=shown)

    def read(self, target: str) -> Reported:
        """A remark with its note."""
        output = self._remarks.read(HERS)
        return output if output.shown is None else output._replace(shown=(self._beside(target),))

    def refer(self, target: str, *, in_batch: bool = False, expands: bool = False) -> Reported:
        """A new remark on a note."""
        reported = self._remarks.create(tried=True, in_batch=in_batch)
        if reported.status == 200:
            if not self._notes.reads(target):
                return Reported(422)
            return reported._replace(shown=(target if expands else "new",))
        return reported

    def change(self, target: str) -> Reported:
        """Her remark, which is then on another note: that it is on hers already can stay so."""
        reported = self._remarks.update(HERS)
        return (
            Reported(422)
            if reported.status == 200 and target != HERS and not self._notes.reads(target)
            else reported
        )

    def delete(self, target: str) -> Reported:
        """The removal of a note: its remark, which only its owner may change, is then on none."""
        reported = self._notes.delete(target)
        if reported.status != 204:
            return reported
        changes = self._remarks.update(target).status < 400
        return reported if changes else Reported(409)

    def _beside(self, target: str) -> str:
        return target if self._notes.reads(target) else NOTHING


Telling = Callable[[ReferenceModel], Reported]


def reference_forms(name: str) -> Iterator[tuple[Form, Telling]]:
    """All requests about the resource with this name, and about remarks on its records."""
    remarks, notes = f"/api/v1/{remarks_on(name)}", f"/api/v1/{name}"
    yield _form("list", "", "GET", f"{remarks}?expand=about", ReferenceModel.listed)
    yield _form("query", "", "QUERY", remarks, ReferenceModel.listed, {"expand": ["about"]})
    for target in OWNERS:
        yield from _about(target, remarks, notes)


def _about(target: str, remarks: str, notes: str) -> Iterator[tuple[Form, Telling]]:
    about = {"about": IDS[target]}
    new = {"title": "new", **about}
    tried = "validate_only=true"

    def refer(model: ReferenceModel) -> Reported:
        return model.refer(target)

    def batch(model: ReferenceModel) -> Reported:
        return model.refer(target, in_batch=True)

    yield _form("read", "", "GET", f"{remarks}/{REMARKS[target]}?expand=about", lambda m: m.read(target))
    yield _form("create", target, "POST", f"{remarks}?{tried}", refer, new)
    yield _form(
        "create expanded",
        target,
        "POST",
        f"{remarks}?{tried}&expand=about",
        lambda m: m.refer(target, expands=True),
        new,
    )
    yield _form(
        "create under an id",
        target,
        "PUT",
        f"{remarks}/{_NEW_ID}?{tried}",
        refer,
        new,
        {"if-none-match": "*"},
    )
    operation = {"method": "POST", "path": remarks, "body": new}
    yield _form("batch", target, "POST", f"/api/v1/batch?{tried}", batch, {"operations": [operation]})
    yield _form(
        "patch",
        target,
        "PATCH",
        f"{remarks}/{REMARKS[HERS]}?{tried}",
        lambda m: m.change(target),
        about,
    )
    yield _form("delete", target, "DELETE", f"{notes}/{IDS[target]}?{tried}", lambda m: m.delete(target))


def _form(
    label: str,
    target: str,
    method: str,
    path: str,
    reported: Telling,
    json: Any = None,
    headers: dict[str, str] | None = None,
) -> tuple[Form, Telling]:
    form = Form(label, target, method, path, lambda _: Reported(0), json, headers or {}, is_tried=True)
    return form, reported
