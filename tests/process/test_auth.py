"""Authentication in a real service: an issuer that comes and goes, forged tokens on the wire."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.forgeries import Forger
from tests.support.http import Answer, Connection, get
from tests.support.issuer import AUDIENCE, Issuer, broken, issuing, keys_of, usual_claims
from tests.support.load import load_on
from tests.support.process import Server, serving, started, until

ITEMS = "/api/v1/items"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


def variables(issuer: Issuer, **others: str) -> dict[str, str]:
    """What has Estuary believe the issuer's tokens."""
    return {
        "AUTH_ENABLED": "true",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_FAILURE_LIMIT": "0",
        **others,
    }


def asking(path: str, token: str) -> bytes:
    """A GET with a token, which may hold any characters."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: estuary.test\r\nAuthorization: Bearer ".encode()
        + token.encode()
        + b"\r\n\r\n"
    )


def asked(server: Server, token: str, path: str = ITEMS) -> Answer:
    """The answer to a GET with a token, on a new connection."""
    with Connection(server) as connection:
        connection.send(asking(path, token))
        return connection.receive()


def test_the_new_key_works_on_its_first_request(tmp_path: Path, issuer: Issuer) -> None:
    """Keys rotated: no token of the new one is refused, and the old one's are not believed any more."""
    with serving(tmp_path, variables(issuer)) as server:
        old = issuer.token()
        assert 200 == asked(server, old).status
        issuer.keys = [keys_of("ES256", "second")]
        assert 200 == asked(server, issuer.token()).status
        assert 401 == asked(server, old).status


def test_good_tokens_pass_while_the_issuer_is_gone(tmp_path: Path, issuer: Issuer) -> None:
    """With the issuer's port closed, cached and new tokens are accepted, and the log says what is wrong."""
    with serving(tmp_path, variables(issuer)) as server:
        assert 200 == asked(server, issuer.token()).status
        token, unknown = issuer.token(sub="bob"), issuer.token(keys_of("EdDSA", "attacker"))
        issuer.close()
        assert 401 == asked(server, unknown).status
        assert 200 == asked(server, token).status
        server.record("keys not fetched; the ones there are stay in use", level="WARN")


def test_a_restart_while_the_issuer_is_down_goes_on_with_kept_keys(tmp_path: Path, issuer: Issuer) -> None:
    """The last keys are in the data folder, for the service's user alone."""
    setting = variables(issuer, DATABASE_URL=f"sqlite:///{tmp_path}/data/estuary.db")
    with serving(tmp_path, setting) as server:
        assert 200 == asked(server, issuer.token()).status
        until(lambda: list((tmp_path / "data").glob("keys-*.json")) != [])
        assert 0 == server.stop()
    issuer.answer = broken
    with serving(tmp_path, setting) as server:
        assert 200 == asked(server, issuer.token(sub="bob")).status
    (kept,) = (tmp_path / "data").glob("keys-*.json")
    assert 0o600 == kept.stat().st_mode & 0o777


def test_a_start_does_not_wait_for_the_issuer(tmp_path: Path, issuer: Issuer) -> None:
    """One that hangs: the service is ready, open routes answer, and tokens get 503 until it is there."""
    issuer.answer = issuer.hang
    with serving(tmp_path, variables(issuer)) as server:
        with Connection(server) as connection:
            connection.send(b"GET /health/ready HTTP/1.1\r\nHost: estuary.test\r\n\r\n")
            assert 200 == connection.receive().status
        reported = asked(server, issuer.token())
        assert 503 == reported.status
        assert "Authentication service unavailable" == msgspec.json.decode(reported.body)["message"]
        issuer.answer = None
        until(lambda: asked(server, issuer.token()).status == 200)


def test_forged_tokens_on_the_wire(tmp_path: Path, issuer: Issuer) -> None:
    """0 accepted, 0 server errors, 0 requests to what they name, and nothing of them in the log."""
    issuer.keys = [keys_of("RS256"), keys_of("ES256"), keys_of("EdDSA")]
    with issuing() as attacker, serving(tmp_path, variables(issuer, LOG_FILTER="debug")) as server:
        forger = Forger(issuer.url, keys_of("RS256"), attacker.url)
        good = forger.signed(forger.header, forger.claims)
        assert 200 == asked(server, good).status
        forgeries = forger.every()
        statuses = {
            name: asked(server, token).status
            for name, token in forgeries.items()
            if "\r" not in token and "\n" not in token
        }
        assert 200 == asked(server, good).status
        assert [] == attacker.requests
        assert 0 == server.stop()
        log = server.out.text + server.err.text
    allowed = {401: "refused", 431: "longer than a head may be", 400: "no header's value"}
    assert {} == {name: status for name, status in statuses.items() if status not in allowed}
    assert sum(status == 401 for status in statuses.values()) >= 100
    parts = {part for token in [good, *forgeries.values()] for part in token.split(".") if len(part) > 40}
    assert [] == [part[:60] for part in parts if part[:60] in log]
    assert 1 <= log.count("authentication failed")


def test_a_flood_of_unknown_keys_costs_the_issuer_one_fetch(tmp_path: Path, issuer: Issuer) -> None:
    """Tokens that name unknown keys, as fast as they come: good tokens pass, the issuer is left alone."""
    attacker = keys_of("EdDSA", "attacker")
    with serving(tmp_path, variables(issuer)) as server:
        good = issuer.token()
        assert 200 == asked(server, good).status
        before, began, refused = issuer.fetches, time.monotonic(), 0
        claims = forged_claims(good)
        with Connection(server) as connection:
            for number in range(500):
                connection.send(asking(ITEMS, attacker.sign(claims, kid=f"unknown-{number}")))
                refused += connection.receive().status == 401
                if number % 50 == 0:
                    assert 200 == asked(server, issuer.token(sub=f"user-{number}")).status
        assert 500 == refused
        assert issuer.fetches - before <= 1 + (time.monotonic() - began) // 10


def forged_claims(token: str) -> dict[str, object]:
    """What a token says, to be signed by somebody else."""
    payload = token.split(".")[1]
    claims: dict[str, object] = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="))
    return claims


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"AUTH_ENABLED": "true"}, "AUTH_ENABLED is true, but neither AUTH_JWKS_URLS nor AUTH_ISSUER"),
        (
            {"AUTH_ENABLED": "true", "APP_PROFILE": "production", "AUTH_ISSUER": "http://issuer.test"},
            "AUTH_ISSUER has http://issuer.test: to be asked for its keys in production it must be https",
        ),
    ],
)
def test_a_setting_that_would_not_protect_is_refused(
    tmp_path: Path, setting: dict[str, str], message: str
) -> None:
    """Exit 2 before anything is served."""
    with started(tmp_path, setting) as server:
        assert 2 == server.wait()
        assert message in server.err.text


def test_tries_are_counted_once_for_all_workers(tmp_path: Path, issuer: Issuer) -> None:
    """Who guesses on many connections at once learns of exactly so many guesses that they fail."""
    guess = keys_of("RS256", "attacker").sign(usual_claims(issuer.url), kid=issuer.keys[0].id)
    setting = variables(
        issuer, AUTH_FAILURE_LIMIT="40", WORKERS="2", DATABASE_URL=f"sqlite:///{tmp_path}/estuary.db"
    )

    def ask(connection: Connection) -> Answer:
        connection.send(asking(ITEMS, guess))
        return connection.receive()

    with serving(tmp_path, setting) as server, Connection(server) as neighbour:
        neighbour.send(known := asking(ITEMS, issuer.token()))
        assert 200 == neighbour.receive().status
        with load_on(server, ask, 8) as load:
            until(lambda: load.answered >= 200)
        assert {401: 40, 429: load.answered - 40} == load.statuses
        assert {"signature": 40, "blocked": load.answered - 40} == failures(server)
        assert {"RATE_LIMIT_EXCEEDED"} == {
            msgspec.json.decode(answer.body)["error"] for answer in load.answers if answer.status == 429
        }
        assert {429} == {asked(server, issuer.token(sub="bob")).status for _ in range(8)}
        neighbour.send(known)
        assert 200 == neighbour.receive().status


def failures(server: Server) -> dict[str, int]:
    """How many failures the service has counted, by reason."""
    lines = get(server, "/metrics").body.decode().splitlines()
    counted = [re.fullmatch(r'auth_failures_total\{reason="(\w+)"\} (\d+)(?:\.0)?', line) for line in lines]
    return {each[1]: int(each[2]) for each in counted if each and int(each[2])}


def test_two_tokens_are_refused_even_if_each_is_good(tmp_path: Path, issuer: Issuer) -> None:
    """A proxy in front may have looked at the other one."""
    with serving(tmp_path, variables(issuer)) as server, Connection(server) as connection:
        known = asking(ITEMS, issuer.token())
        connection.send(known)
        assert 200 == connection.receive().status
        connection.send(known[:-2] + known.partition(b"Host: estuary.test\r\n")[2])
        assert 400 == connection.receive().status
