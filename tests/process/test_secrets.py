"""Services that meet every failure we know of, at their loudest: nothing secret is in what they say."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from estuary.core.api_keys.api_key_text import key_text
from tests.support.creates import ITEMS
from tests.support.forgeries import Forger
from tests.support.http import Connection, ConnectionEnded, request
from tests.support.issuer import AUDIENCE, Issuer, broken, issuing, keys_of
from tests.support.process import HOST, Server, serving, until
from tests.support.servers import shared
from tests.support.servers.convex import DEPLOY_KEY, Deployment
from tests.support.servers.postgres import GUARDED_PASSWORD, GUARDED_USER
from tests.support.servers.redis import redis_server

PASSWORD = "p4ss/%@:word"
METRICS_TOKEN = "metrics-token-0123456789abcdefghij"
METRICS_TOKENS = (METRICS_TOKEN, METRICS_TOKEN[::-1])
"""The right one, and one that somebody tries."""
TRACES = ("Traceback", "site-packages")
INTERNALS = re.compile(
    r"SELECT |INSERT |UPDATE |DELETE |relation |Error\(|Traceback|asyncpg|sqlite3|hiredis|\.py\b"
)
"""What is in no answer, whatever a log may say."""
Failure = Callable[[], AbstractContextManager[None]]
"""Has a store fail while the block runs."""


class Store(NamedTuple):
    """What chooses a store, what of that is secret, and the ways in which it fails.

    The log says `failed` when it does, and `again` when that is over; if nothing, writes succeed again.
    """

    variables: dict[str, str]
    secrets: Sequence[str] = ()
    failures: Sequence[Failure] = ()
    failed: str = "store failed"
    again: str = ""


@contextmanager
def memory(_: Path) -> Iterator[Store]:
    """Nothing can fail."""
    yield Store({"DATABASE_TYPE": "memory"})


@contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    """The file loses its name."""
    file = folder / "estuary.db"

    @contextmanager
    def moved_away() -> Iterator[None]:
        file.rename(folder / "elsewhere.db")
        yield
        (folder / "elsewhere.db").rename(file)

    yield Store({"DATABASE_URL": f"sqlite:///{file}"}, [f"sqlite:///{file}"], [moved_away])


@contextmanager
def postgres(_: Path) -> Iterator[Store]:
    """The server is gone; hangs; does not take the password any more; has lost a table."""
    server = shared.postgres()
    server.empty()
    server.execute(f"GRANT ALL ON SCHEMA public TO {GUARDED_USER}")
    url = server.url_of("estuary", user=f"{GUARDED_USER}:{quote(GUARDED_PASSWORD, safe='')}")

    @contextmanager
    def stopped() -> Iterator[None]:
        server.stop()
        try:
            yield
        finally:
            server.start()

    @contextmanager
    def shut_out() -> Iterator[None]:
        password = GUARDED_PASSWORD.replace("'", "''")
        server.execute(f"ALTER ROLE {GUARDED_USER} PASSWORD 'another'")
        server.end_sessions()
        try:
            yield
        finally:
            server.execute(f"ALTER ROLE {GUARDED_USER} PASSWORD '{password}'")

    @contextmanager
    def without_a_table() -> Iterator[None]:
        server.execute("ALTER TABLE items RENAME TO gone")
        try:
            yield
        finally:
            server.execute("ALTER TABLE gone RENAME TO items")

    secrets = [url, GUARDED_PASSWORD, quote(GUARDED_PASSWORD, safe="")]
    variables = {"DATABASE_URL": url, "RATE_LIMIT_STORE": "postgres"}
    try:
        yield Store(variables, secrets, [without_a_table, shut_out, stopped, server.frozen])
    finally:
        server.empty()


@contextmanager
def convex(_: Path) -> Iterator[Store]:
    """The deployment is gone, hangs, does not take the key any more, or its functions fail."""
    deployment = Deployment(shared.convex())
    refused = {"answers": [[401, {}, f'{{"code":"Unauthorized","message":"bad key {DEPLOY_KEY}"}}']] * 5000}
    failed = {"answers": [[200, {}, '{"status":"error","errorMessage":"Traceback in x.py"}']] * 5000}
    ways: Sequence[object] = ("refuse", "hang", refused, failed)
    yield Store(
        deployment.variables,
        [DEPLOY_KEY, DEPLOY_KEY.partition("|")[2]],
        [lambda how=how: deployment.failing(how) for how in ways],  # type: ignore[misc] # mypy sees no default there
    )
    deployment.forget()


@contextmanager
def cached_in_redis(folder: Path) -> Iterator[Store]:
    """Redis, which has the limit and the cache, is gone; hangs; does not take the password any more."""
    with sqlite(folder) as store, redis_server() as redis:
        user = f"ACL SETUSER estuary on >{PASSWORD} ~* +@all"
        redis.say(user)
        url = f"redis://estuary:{quote(PASSWORD, safe='')}@{HOST}:{redis.port}/0"

        @contextmanager
        def stopped() -> Iterator[None]:
            redis.stop()
            yield
            redis.start()
            redis.say(user)

        @contextmanager
        def shut_out() -> Iterator[None]:
            redis.say("ACL SETUSER estuary resetpass >another", "CLIENT KILL TYPE normal")
            yield
            redis.say(user)

        variables = {**store.variables, "CACHE_TYPE": "redis", "REDIS_URL": url}
        secrets = [*store.secrets, url, PASSWORD, quote(PASSWORD, safe="")]
        yield Store(
            variables,
            secrets,
            [shut_out, stopped, redis.frozen],
            failed="rate limit store unavailable",
            again="rate limit counted in its store again",
        )


class Overheard:
    """What a server answers, as text; `secrets` are what it was told."""

    def __init__(self, server: Server, issuer: Issuer) -> None:
        self.server = server
        self._issuer = issuer
        self._heard: list[str] = []
        self.secrets: set[str] = set()

    @property
    def text(self) -> str:
        """Every answer so far, its head and its body."""
        return "\n".join(self._heard)

    def ask(self, method: str, path: str, token: str | None = None, body: bytes | None = None) -> int:
        """Ask on a new connection; the answer's status, 0 without an answer."""
        head = request(method, path, None if body is None else len(body))
        if token is not None:
            self.secrets.update(part for part in re.split(r"[.\s]", token) if len(part) > 20)
            head = head[:-2] + b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        with Connection(self.server) as connection:
            connection.send(head + (body or b""))
            try:
                answer = connection.receive()
            except ConnectionEnded:
                return 0
        fields = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self._heard.append(f"{fields}\n{answer.body.decode()}")
        return answer.status

    def write(self) -> int:
        """Create something, and read it: the status of the first."""
        token = self._issuer.token()
        status = self.ask("POST", ITEMS, token, b'{"name":"boat"}')
        self.ask("GET", f"{ITEMS}/x", token)
        return status

    def use(self) -> set[int]:
        """Ask for everything there is, with a good token; the statuses."""
        token = self._issuer.token()
        body = b'{"name":"boat"}'
        asked = [
            *(self.ask(method, f"{ITEMS}/x", token, body) for method in ("GET", "PUT", "DELETE")),
            *(self.ask("GET", f"{ITEMS}{query}", token) for query in ("", "?cursor=", "?limit=x")),
            self.ask("POST", ITEMS, token, body),
            self.ask("POST", ITEMS, token, b"{"),
        ]
        for path in ("/", "/health", "/health/live", "/health/ready", "/openapi.json", "/api/items", "/no"):
            self.ask("GET", path)
        self.ask("GET", "/metrics", METRICS_TOKEN)
        return set(asked)

    def attack(self) -> None:
        """Try what does not get in, with tokens wherever one may put them by mistake."""
        forger = Forger(self._issuer.url, keys_of("RS256"), "http://attacker.test")
        forged = [token for token in forger.every().values() if token.isascii() and token.isprintable()]
        for token in (*forged, self._issuer.token(exp=1), self._issuer.token(scope="")):
            self.ask("GET", ITEMS, token)
        stray = self._issuer.token(sub="stray")
        self.secrets.update(stray.split("."))
        self.ask("GET", f"{ITEMS}?access_token={stray}")
        self.ask(stray[:200], ITEMS)
        self.ask("POST", ITEMS, self._issuer.token(), stray.encode())
        self.ask("GET", "/metrics", METRICS_TOKENS[1])
        key = key_text("0123456789abcdef", bytes(range(100, 132)))
        self.secrets.update((key, key.split("_")[2]))
        self.ask("GET", ITEMS, key)
        self.ask("GET", ITEMS, key[:-1])
        self.ask("GET", f"{ITEMS}/{key}", self._issuer.token())
        self.ask("GET", f"/{key.replace('esk_', '%65sk_')}/{key}", self._issuer.token())
        self.ask("GET", f"{ITEMS}?api_key={key}", self._issuer.token())


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


STORES = (memory, sqlite, postgres, convex, cached_in_redis)


@pytest.mark.parametrize("make", STORES, ids=lambda make: make.__name__)
def test_nothing_secret_is_in_what_a_failing_service_says(
    tmp_path: Path, issuer: Issuer, make: Callable[[Path], AbstractContextManager[Store]]
) -> None:
    """Answers, health, metrics and the log at its loudest hold no token, password, DSN, key or trace."""
    with ExitStack() as stack:
        chosen = stack.enter_context(make(tmp_path))
        variables = {
            "AUTH_ENABLED": "true",
            "AUTH_ISSUER": issuer.url,
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_FAILURE_LIMIT": "0",
            "KEYS_ENABLED": "true",
            "METRICS_TOKEN": METRICS_TOKEN,
            "RATE_LIMIT_ENABLED": "true",
            "RATE_LIMIT_MAX_REQUESTS": "100000",
            "DATABASE_TIMEOUT_SECONDS": "1",
            "LOG_FILTER": "trace",
            **chosen.variables,
        }
        server = stack.enter_context(serving(tmp_path, variables))
        overheard = Overheard(server, issuer)
        assert {201, 200, 404, 400} == overheard.use()
        overheard.attack()
        issuer.answer = broken
        overheard.ask("GET", ITEMS, issuer.token(keys_of("EdDSA", "unknown")))
        for failure in chosen.failures:
            fail(failure, chosen, overheard)
        assert 0 == server.stop()
        log = server.out.text + server.err.text
    secrets = {*overheard.secrets, *chosen.secrets, *METRICS_TOKENS, *issuers_keys(issuer)}
    assert len(secrets) > 100
    assert [] == [secret for secret in secrets if secret in overheard.text + log]
    assert [] == INTERNALS.findall(overheard.text)
    assert "authentication failed" in log
    # The traceback of a 500 belongs in the log, and nowhere else.
    silent = [line for line in log.splitlines() if '"message":"request failed"' not in line]
    assert [] == [line for line in silent if any(trace in line for trace in TRACES)]


def fail(failure: Failure, chosen: Store, overheard: Overheard) -> None:
    """Use the service while its store fails in one way, from when that is noticed until it is over."""
    server = overheard.server
    failed, again = (reported(server, message) for message in (chosen.failed, chosen.again))
    with failure():
        until(lambda: overheard.write() != 0 and reported(server, chosen.failed) > failed)
        overheard.use()
    until(lambda: not chosen.again or reported(server, chosen.again) > again)
    until(lambda: overheard.write() == 201)


def reported(server: Server, message: str) -> int:
    """How often the log has said so."""
    return sum(record["message"] == message for record in server.records())


def issuers_keys(issuer: Issuer) -> list[str]:
    """What the keys are made of that the service was given."""
    sets = [keys.public_set() for keys in issuer.keys]
    return [key["n"] for each in sets for key in each["keys"]]
