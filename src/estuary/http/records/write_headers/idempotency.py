"""The Idempotency-Key field (draft-ietf-httpapi-idempotency-key-header): a write sent twice, made once."""

import re
from datetime import datetime
from hashlib import blake2b
from typing import Final

from estuary.core.writes.writes import MAX_KEY_LENGTH, IdempotencyKey
from estuary.http.errors import InvalidParameter
from estuary.http.messages import Header, Request

REPLAYED: Header = ("idempotency-replayed", "true")
"""Says that the answer is the one to the first request with this key."""

_FIELD = "Idempotency-Key"
_DIGEST_BYTES = 16
MAX_FIELD_CHARACTERS = 1024

_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_ITEM = "|".join(
    (
        _STRING,
        r'%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',  # a display string
        r"-?[0-9]{1,12}\.[0-9]{1,3}",
        r"@?-?[0-9]{1,15}",  # an integer, or a date
        r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*",  # a token
        r":[A-Za-z0-9+/=]*:",  # bytes
        r"\?[01]",  # a boolean
    )
)
FIELD_PARAMETERS = rf"(?: *; *[a-z*][a-z0-9_.*-]*(?:=(?:{_ITEM}))?)*"
"""The parameters of an item (RFC 9651, 3.1.2), of which none is defined for this field."""

_QUOTED = rf"({_STRING}){FIELD_PARAMETERS}"


class KeyHeader:
    """The Idempotency-Key of a write, before its body is read.

    `creates`: the write is a PUT that creates, whose body says other things than that of one which changes.
    """

    def __init__(self, request: Request, text: str, now: datetime, creates: bool = False) -> None:
        self.request: Final = request
        self.text: Final = text
        self.now: Final = now
        self.creates: Final = creates

    def with_body(self, body: bytes) -> IdempotencyKey:
        """The key, with a fingerprint of all that is asked and of the owner for whom it is.

        The owner stands in it as it is, for stores add it to keys of releases that kept none.
        """
        request = self.request
        owner = request.owner or ""
        # The path as it would be with the id in its one spelling; its length says where the body begins. No
        # query: a dry run finds the key of the write itself, and there is no other parameter.
        path = request.path[: len(request.path) - len(request.record_id)] + request.record_id
        method = f"{request.method} *" if self.creates else request.method
        head = f"{method} {len(path)} {path}".encode(errors="surrogatepass")
        fingerprint = blake2b(head + body, digest_size=_DIGEST_BYTES).hexdigest() + owner
        return IdempotencyKey(request.subject or "", owner, self.text, fingerprint, self.now)


def key_text(request: Request) -> str | None:
    """The key that the request carries, None where it has none; raises `InvalidParameter`.

    The draft has it as an item (RFC 9651, 3.3) that is a string in quotes, perhaps with parameters, which
    mean nothing; without quotes the whole text is the key, for that is how most clients send it.
    """
    if request.headers.get("idempotency-key") is None:
        return None
    values = request.headers.get_all("idempotency-key")
    if len(values) > 1:
        raise InvalidParameter(_FIELD, "Must be given once")
    value = values[0].strip(" \t")
    text = _text(value) if len(value) <= MAX_FIELD_CHARACTERS else None
    if text is None and value.startswith('"'):
        raise InvalidParameter(
            _FIELD, 'Must be one string in quotes, such as "8e03978e", or a key without them'
        )
    if text is None or not 1 <= len(text) <= MAX_KEY_LENGTH:
        raise InvalidParameter(_FIELD, f"Must be 1 to {MAX_KEY_LENGTH} printable ASCII characters")
    return text


def _text(value: str) -> str | None:
    if value.startswith('"'):
        quoted = re.fullmatch(_QUOTED, value)
        return None if quoted is None else _unescaped(quoted[1][1:-1])
    return value if value.isascii() and value.isprintable() and '"' not in value else None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text) if "\\" in text else text
