"""Facts on a deployment beside its configuration; None means that one was not gathered."""

from datetime import datetime
from pathlib import Path

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """A web server's answer.

    `headers` have names in lower case; `expires_at` is the expiry of its certificate; `clock_offset` is the
    number of seconds our clock is ahead of the server's.
    """

    url: str
    status: int
    headers: dict[str, str] = {}
    expires_at: datetime | None = None
    clock_offset: float | None = None


class NoAnswer(msgspec.Struct, frozen=True):
    """Why there was no answer; `untrusted` if it is the certificate."""

    url: str
    reason: str
    untrusted: bool = False


class StoreState(msgspec.Struct, frozen=True):
    """The state of the store. `fits` is None if it is unknown, as the store did not answer."""

    answers: bool
    fits: bool | None
    message: str


class Disk(msgspec.Struct, frozen=True):
    """The file system with the data folder; sizes are in bytes."""

    folder: Path
    free: int
    total: int


class UnseenDisk(msgspec.Struct, frozen=True):
    """Why the file system could not be examined."""

    reason: str


class Openness(msgspec.Struct, frozen=True):
    """Access to a file by users beside its owner and group; `what` describes its content in a word."""

    path: Path
    what: str
    readable: bool
    writable: bool


class Audit(msgspec.Struct, frozen=True):
    """The result of an audit of the dependencies; `failure` says why it could not be made."""

    vulnerable: tuple[str, ...] = ()
    audited: int = 0
    failure: str = ""


class AccessRules(msgspec.Struct, frozen=True):
    """What the declared rules open, each as `books: create=PUBLIC`.

    `public_writes` need no token; `all_owners` are for the records of all owners, where records have any.
    """

    public_writes: tuple[str, ...] = ()
    all_owners: tuple[str, ...] = ()


class KeysFound(msgspec.Struct, frozen=True):
    """The ids of API keys that are honoured and never expire, and of those not used for 90 days."""

    endless: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    """All facts: `plain` is the answer of PUBLIC_URL's host without TLS, `disk` the data folder's disk."""

    now: datetime | None = None
    store: StoreState | None = None
    last_backup: datetime | None = None
    disk: Disk | UnseenDisk | None = None
    files: tuple[Openness, ...] | None = None
    public: Answer | NoAnswer | None = None
    plain: Answer | NoAnswer | None = None
    public_metrics: Answer | NoAnswer | None = None
    own_metrics: Answer | NoAnswer | None = None
    key_sets: tuple[Answer | NoAnswer, ...] = ()
    audit: Audit | None = None
    access: AccessRules | None = None
    keys: KeysFound | None = None


NOTHING = Facts()
"""The facts if only the configuration is known."""
