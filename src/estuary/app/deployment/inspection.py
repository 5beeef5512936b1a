"""Gathers all facts about a deployment concurrently; none can delay the others or the result."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from estuary.app.deployment.access_rules import access_rules
from estuary.app.deployment.api_keys import keys_found
from estuary.app.deployment.permissions import disk_of, openness
from estuary.app.deployment.vulnerabilities import WAIT as AUDIT_WAIT
from estuary.app.deployment.vulnerabilities import audit
from estuary.app.deployment.web import WAIT, ask
from estuary.app.store_check import probe
from estuary.app.stores import data_folder
from estuary.backups.status import last_success
from estuary.config.checklist.facts import (
    Answer,
    Audit,
    Disk,
    Facts,
    NoAnswer,
    Openness,
    StoreState,
    UnseenDisk,
)
from estuary.config.environment import Loaded
from estuary.config.networks import asked_at
from estuary.config.settings import Settings
from estuary.core.errors import StoreError, StoreSchemaMismatch

T = TypeVar("T")

_STEPS = 4
"""The steps of a request to a web server, each of which has a timeout of its own."""
_LATE = "no answer in time"


def inspect(loaded: Loaded) -> Facts:
    """Gather the facts; those not known by their deadline are reported as missing.

    Raises `DeclarationError`.
    """
    settings = loaded.settings
    # Before the others: the declared modules are imported, which redirects standard output meanwhile.
    rules = access_rules(settings)
    started = time.monotonic()
    asked = {name: _Question(*question) for name, question in questions(settings).items()}
    keys = [_Question(url) for url in key_set_urls(settings)]
    store = Asked(lambda: _store_state(settings))
    found = Asked(lambda: keys_found(settings))
    last = Asked(lambda: _last_backup(settings))
    audited = Asked(audit)
    folder = data_folder(settings)
    files: Asked[tuple[Openness, ...] | None] = Asked(lambda: openness(loaded))
    disk: Asked[Disk | UnseenDisk | None] = Asked(lambda: None if folder is None else disk_of(folder))
    deadline = started + WAIT * _STEPS

    def answer(name: str) -> Answer | NoAnswer | None:
        return asked[name].answer(deadline) if name in asked else None

    return Facts(
        last_backup=last.outcome(deadline, None),
        disk=disk.outcome(deadline, UnseenDisk(_LATE)),
        files=files.outcome(deadline, None),
        public=answer("public"),
        plain=answer("plain"),
        public_metrics=answer("public metrics"),
        own_metrics=answer("own metrics"),
        key_sets=tuple(key.answer(deadline) for key in keys),
        store=store.outcome(deadline, StoreState(answers=False, fits=None, message=_LATE)),
        audit=audited.outcome(started + AUDIT_WAIT + 1, Audit(failure=_LATE)),
        access=rules,
        keys=found.outcome(deadline, None),
        now=datetime.now(UTC),
    )


class Asked(Generic[T]):
    """A call in its own thread, which is abandoned if it hangs."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._outcomes: list[T] = []
        self._errors: list[Exception] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def outcome(self, deadline: float, otherwise: T) -> T:
        """The call's result or exception; `otherwise` if it has not ended by `deadline`, by `monotonic`."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._errors:
            raise self._errors[0]
        return self._outcomes[0] if self._outcomes else otherwise

    def _run(self) -> None:
        try:
            self._outcomes.append(self._call())
        except Exception as error:  # noqa: BLE001 (it is raised where the outcome is asked for)
            self._errors.append(error)


class _Question:
    """A request to a web server, sent on construction."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._asked: Asked[Answer | NoAnswer] = Asked(lambda: ask(url, headers))

    def answer(self, deadline: float) -> Answer | NoAnswer:
        """The answer by `deadline`."""
        return self._asked.outcome(deadline, NoAnswer(self._url, _LATE))


def questions(settings: Settings) -> dict[str, tuple[str, Mapping[str, str]]]:
    """Requests to the service itself and to what is in front of it: URLs and headers."""
    token = settings.metrics_token
    authorization = {} if token is None else {"authorization": f"Bearer {token}"}
    questions: dict[str, tuple[str, Mapping[str, str]]] = {
        "own metrics": (_own_metrics(settings), authorization)
    }
    if settings.public_url is not None:
        url = settings.public_url.rstrip("/")
        parts = urlsplit(url)
        questions |= {"public": (f"{url}/health/live", {}), "public metrics": (f"{url}/metrics", {})}
        if parts.scheme == "https" and parts.port is None:
            questions["plain"] = (f"http://{parts.netloc}/health/live", {})
    return questions


def key_set_urls(settings: Settings) -> list[str]:
    """The URLs of the keys of tokens that are fetched over the network."""
    if not settings.auth_enabled:
        return []
    discovered = (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration" for issuer in settings.auth_issuer
    )
    urls = settings.auth_jwks_urls or tuple(discovered)
    return [url for url in urls if urlsplit(url).scheme in ("https", "http")]


def _own_metrics(settings: Settings) -> str:
    if settings.admin_port is not None:
        host, port = settings.admin_host, settings.admin_port
    else:
        host, port = settings.host, settings.port
    host = asked_at(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"


def _last_backup(settings: Settings) -> datetime | None:
    path = settings.backup_status
    return None if path is None else last_success(path, datetime.now(UTC))


def _store_state(settings: Settings) -> StoreState:
    try:
        return StoreState(answers=True, fits=True, message=probe(settings))
    except StoreSchemaMismatch as error:
        return StoreState(answers=True, fits=False, message=str(error))
    except StoreError as error:
        return StoreState(answers=False, fits=None, message=str(error))
