"""An API key as its administrators see it: everything but digests."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.moments import in_six_digits


class KeyState(StrEnum):
    """Whether a key is honoured."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


Moment = datetime | str


class KeyView(msgspec.Struct, frozen=True):
    """A key as it is shown; times in UTC, `last_used_at` to the hour."""

    id: str
    name: str
    state: KeyState
    owner: str | None
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    created_by: str
    created_at: Moment
    expires_at: Moment | None
    rotated_at: Moment | None
    previous_until: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class IssuedKeyView(KeyView, frozen=True):
    """The same of a key that was just created or rotated, with its text."""

    key: str


def key_view(key: ApiKey, now: datetime) -> KeyView:
    """`key` as it is shown at `now`."""
    return KeyView(**_members(key, now))


def issued_view(key: ApiKey, text: str, now: datetime) -> IssuedKeyView:
    """`key` as it is shown to its maker, once, with its text."""
    return IssuedKeyView(**_members(key, now), key=text)


def state_of(key: ApiKey, now: datetime) -> KeyState:
    """Whether `key` is honoured at `now`."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.EXPIRED if key.has_ended(now) else KeyState.ACTIVE


def _members(key: ApiKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "state": state_of(key, now),
        "owner": key.owner,
        "scopes": key.scopes,
        "roles": key.roles,
        "created_by": key.created_by,
        "created_at": in_six_digits(key.created_at),
        "expires_at": _moment(key.expires_at),
        "rotated_at": _moment(key.rotated_at),
        "previous_until": _moment(key.previous_until),
        "revoked_at": _moment(key.revoked_at),
        "last_used_at": _moment(key.used_at),
    }


def _moment(moment: datetime | None) -> Moment | None:
    return None if moment is None else in_six_digits(moment)
