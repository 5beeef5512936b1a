"""Access rules and references: what is shown beside a record, may be referred to, or goes with another."""

import os
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.app import load_resources
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.http.stores import stored
from tests.support.access_model import ASKERS, HERS, HIS, MISSING, OWNERS, Asker, Reported
from tests.support.access_walk import IDS, Form
from tests.support.access_world import MOMENT, World, masked, world
from tests.support.issuer import Issuer
from tests.support.reference_walk import NOTHING, REMARKS, ReferenceModel, reference_forms
from tests.support.ruled import DECLARATIONS, Note, reference, remark_type, remarks_on, rules_of

LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SEED = random.SystemRandom().getrandbits(32)
DECLARED = {"memory": 2, "cached+memory": 1, "sqlite": 1, "postgres": 1, "convex": 1}
"""How many declarations are tried on each store."""
ASKING = 4
"""How many askers send all requests."""
LONG_DECLARED = {"memory": 81, "cached+memory": 20, "sqlite": 12, "postgres": 6, "convex": 2}


async def records(names: Sequence[str]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """Two notes of each resource, with a remark on each, and one on none."""
    for name in names:
        notes, remarks = load_resources([reference(name), reference(remarks_on(name))])
        yield notes, [record(IDS[who], Note(title=who), who) for who in (HERS, HIS)]
        remark = remark_type(name)
        about = {HERS: IDS[HERS], HIS: IDS[HIS], MISSING: None}
        yield (
            remarks,
            [record(REMARKS[who], remark(title=who, about=about[who]), who) for who in about],
        )


def record(record_id: str, value: Any, who: str) -> Record:
    """A record of the owner of what is called so."""
    return Record(record_id, 1, MOMENT, MOMENT, value, OWNERS[who] or "")


@pytest.mark.parametrize("kind", DECLARED)
async def test_what_happens_is_what_the_model_says(tmp_path: Path, issuer: Issuer, kind: str) -> None:
    """And what a refused asker receives is the same whether its record exists or not.

    That is status, header fields and body, from the same statements.
    """
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311 - it chooses what is tested
    names = chance.sample(DECLARATIONS, LONG_DECLARED[kind] if LONG else DECLARED[kind])
    references = [reference(each) for name in names for each in (name, remarks_on(name))]
    batches_are_open = any(("PUBLIC",) in rules_of(name)[1:] for name in names)
    async with (
        stored(kind, tmp_path, references) as store,
        world(tmp_path, issuer, store, references) as service,
    ):
        await service.store.load(records(names), replace=True)
        for name in names:
            for asker in ASKERS if LONG else chance.sample(ASKERS, ASKING):
                model = ReferenceModel(name, asker, batches_are_open=batches_are_open)
                await walk(service, name, asker, model)


async def walk(service: World, name: str, asker: Asker, model: ReferenceModel) -> None:
    """Send every request of an asker; raises where one is not answered as the model says."""
    refused: dict[tuple[str, Reported], Any] = {}
    for form, telling in reference_forms(name):
        reported = telling(model)
        answer, statements = await service.ask(asker, form)
        where = f"seed {SEED}: {rules_of(name)}, {asker.name}: {form.label} of {form.target}"
        assert (reported.status, reported.shown) == seen(answer, form, reported), f"{where}: {answer.text}"
        # 409 says that the record is there.
        if reported.status >= 400 and reported.status != 409 and not reported.versioned:
            received = (masked(answer), statements)
            assert refused.setdefault((form.label, reported), received) == received, where


def seen(answer: httpx.Response, form: Form, reported: Reported) -> tuple[int, tuple[str, ...] | None]:
    """The status, and what is shown; an answer without a body shows what is `told`."""
    status = answer.status_code
    if not answer.content:
        return status, reported.shown
    body = answer.json()
    if status < 400 and "results" in body:
        (result,) = body["results"]
        status, body = result["status"] - (result["status"] == 201), result["body"]
    if status >= 400:
        return status, None
    if "items" in body:
        return status, tuple(sorted(map(beside, body["items"])))
    return status, (beside(body),) if "expand=" in form.path else (body["title"],)


def beside(record: dict[str, Any]) -> str:
    """What the note is called that is shown with a remark."""
    note = record["expand"]["about"]
    return NOTHING if note is None else str(note["title"])
