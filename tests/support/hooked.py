"""A resource with hooks that do, on demand, whatever a hook can do wrong."""

import asyncio
import sys
from collections.abc import Callable
from time import sleep
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from estuary import Hooks, Identity, Reject, Resource, Unique


class Loan(Struct, frozen=True):
    """What is lent; by the title the hooks know what to do."""

    title: Annotated[str, Meta(max_length=30)]
    days: Annotated[int, Meta(ge=1, le=100)] = 1
    renewals: int = 0
    tags: list[str] = []
    extra: dict[str, Any] = {}
    by: str = ""
    code: Annotated[str, Unique, Meta(max_length=20)] | None = None


def before_create(new: Loan, identity: Identity | None) -> Any:
    """Say who asks; where the title asks for it, misbehave."""
    return misbehaved(new) or structs.replace(new, by="" if identity is None else identity.subject)


def before_update(old: Loan, new: Loan, _: Identity | None) -> Any:
    """Count renewals, of which there are at most three."""
    if old.renewals == 3:
        raise Reject("renewals", "Is renewed too often", "renewals")
    return misbehaved(new) or structs.replace(new, renewals=old.renewals + 1)


def validate(new: Loan, _: Identity | None) -> Any:
    """Refuse what no single field's rule can say."""
    if new.title == "long" and new.days > 10:
        raise Reject("days", "Must be at most 10 for a long title", "days")
    return False if new.title == "returns False" else None


async def _coroutine() -> None:
    """Nothing."""


def _raises(_: Loan) -> None:
    raise KeyError("secret")


def _tags(new: Loan) -> Loan:
    new.tags.append("secret")
    return new


def _extra(new: Loan) -> Loan:
    new.extra["a"] = "secret"
    return new


CLOSED: list[bool] = []
"""Where it is not empty, what is titled so is refused."""


def _recurses(new: Loan) -> Loan:
    return _recurses(new)


def _cancels(_: Loan) -> None:
    raise asyncio.CancelledError


def _until_closed(_: Loan) -> None:
    if CLOSED:
        raise Reject("title", "Is refused by now", "closed")


MISBEHAVIOUR: dict[str, Callable[[Loan], Any]] = {
    "until closed": _until_closed,
    "raises": _raises,
    "exits": lambda _: sys.exit(3),
    "cancels": _cancels,
    "recurses": _recurses,
    "sleeps": lambda _: sleep(0.06),
    "returns text": lambda _: "secret",
    "returns coroutine": lambda _: _coroutine(),
    "changes list": _tags,
    "changes object": _extra,
    "mistypes": lambda new: structs.replace(new, days="secret"),
    "no Unicode": lambda new: structs.replace(new, title="\ud800"),
    "nulls": lambda new: structs.replace(new, days=None),
    "breaks a rule": lambda new: structs.replace(new, days=101, title="x" * 31),
    "cleans": lambda new: structs.replace(new, title="  clean ", tags=[" a "]),
}


def misbehaved(new: Loan) -> Any:
    """What the title asks for; None where it asks for nothing."""
    misbehave = MISBEHAVIOUR.get(new.title)
    return None if misbehave is None else misbehave(new)


LOANS = Resource(
    "lendings",
    Loan,
    hooks=Hooks(before_create=before_create, before_update=before_update, validate=validate),
)


class Visit(Struct, frozen=True):
    """Something that says who asked for it."""

    reason: str
    subject: str = ""
    tenant: str = ""
    scopes: list[str] = []


def _signed(new: Visit, identity: Identity | None) -> Visit:
    if identity is None:
        return structs.replace(new, subject="", tenant="", scopes=[])
    scopes = sorted(identity.scopes)
    return structs.replace(new, subject=identity.subject, tenant=identity.owner or "", scopes=scopes)


VISITS = Resource(
    "visits",
    Visit,
    hooks=Hooks(before_create=_signed, before_update=lambda _, new, identity: _signed(new, identity)),
)
