"""Requests that administer API keys: decoded strictly, for a misspelt field would change rights."""

from datetime import timedelta
from typing import Annotated, TypeVar

import msgspec

from estuary.core.api_keys.grants import MAX_DAYS
from estuary.core.api_keys.key_administration import DEFAULT_LIFETIME, LONGEST_OVERLAP, Grant
from estuary.core.nesting import nests_too_deep
from estuary.http.errors import BadRequest
from estuary.http.records.bodies import is_utf8
from estuary.http.records.wrong_types import violations

T = TypeVar("T")

DEFAULT_DAYS = DEFAULT_LIFETIME // timedelta(days=1)
MAX_OVERLAP = LONGEST_OVERLAP // timedelta(seconds=1)


class KeyDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A new key; an absent `owner` is that of its maker, null for `expires_in_days` means never."""

    name: str
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    owner: str | msgspec.UnsetType | None = msgspec.UNSET
    expires_in_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = DEFAULT_DAYS

    def grant(self, owner: str | None) -> Grant:
        """What the key is to grant, made by someone of `owner`."""
        days = self.expires_in_days
        return Grant(
            name=self.name.strip(),
            scopes=self.scopes,
            roles=self.roles,
            owner=owner if self.owner is msgspec.UNSET else self.owner,
            lifetime=None if days is None else timedelta(days=days),
        )


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """How long the secret before a rotation is still honoured."""

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP)] = 0


_draft = msgspec.json.Decoder(KeyDraft)
_rotation = msgspec.json.Decoder(Rotation)


def key_draft(body: bytes) -> KeyDraft:
    """The new key that `body` asks for; raises `BadRequest`."""
    return _decoded(_draft, body)


def rotation(body: bytes) -> Rotation:
    """The options of a rotation in `body`, which may be empty; raises `BadRequest`."""
    return _decoded(_rotation, body) if body else Rotation()


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    if nests_too_deep(body) or not is_utf8(body):
        raise BadRequest("Malformed JSON")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest("Invalid JSON format", violations(str(error), {})) from None
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None
