"""What is known of a deployment beside its configuration; None stands for what was not looked at."""

from datetime import datetime
from pathlib import Path

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """What a web server answered.

    `headers` have names in lower case; `expires_at` is the end of its certificate; `clock_offset` says how
    many seconds our clock is ahead of the server's.
    """

    url: str
    status: int
    headers: dict[str, str] = {}
    expires_at: datetime | None = None
    clock_offset: float | None = None


class NoAnswer(msgspec.Struct, frozen=True):
    """Why there was none; `untrusted` where the certificate is what stood in the way."""

    url: str
    reason: str
    untrusted: bool = False


class StoreState(msgspec.Struct, frozen=True):
    """How the store answered. `fits` is None where that could not be seen, for it did not answer."""

    answers: bool
    fits: bool | None
    message: str


class Disk(msgspec.Struct, frozen=True):
    """The file system that holds the data folder, in bytes."""

    folder: Path
    free: int
    total: int


class UnseenDisk(msgspec.Struct, frozen=True):
    """Why that file system could not be looked at."""

    reason: str


class Openness(msgspec.Struct, frozen=True):
    """Who beside its owner and group can get at a file; `what` is in it, in a word for an operator."""

    path: Path
    what: str
    readable: bool
    writable: bool


class Audit(msgspec.Struct, frozen=True):
    """What an audit of the dependencies said; `failure` says why there was none."""

    vulnerable: tuple[str, ...] = ()
    audited: int = 0
    failure: str = ""


class Facts(msgspec.Struct, frozen=True):
    """Everything: `plain` is what PUBLIC_URL's host answers without TLS, `disk` what holds the data."""

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


NOTHING = Facts()
"""When nothing was looked at but the configuration."""
