"""`estuary token`: a key and a token for trials, made by hand."""

import json
from pathlib import Path

import pytest

from tests.support.command import estuary


def claims_of(token: str) -> dict[str, object]:
    """What a token says."""
    import base64

    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def test_the_first_call_makes_a_key_and_the_next_ones_use_it(tmp_path: Path) -> None:
    """The token alone on standard output; the key readable by its owner, its public half beside it."""
    first, second = (estuary(tmp_path, "token", "--keys", "keys.json") for _ in range(2))
    assert (0, 0) == (first.returncode, second.returncode)
    assert "made keys.json" in first.stderr
    assert "" == second.stderr
    assert first.stdout.split(".")[0] == second.stdout.split(".")[0]
    assert ["keys.json", "keys.public.json"] == sorted(path.name for path in tmp_path.iterdir())
    assert 0o600 == (tmp_path / "keys.json").stat().st_mode & 0o777


def test_claims_come_from_the_arguments_and_from_the_settings(tmp_path: Path) -> None:
    """What is not said follows from AUTH_ISSUER and AUTH_AUDIENCE, so that the token fits the service."""
    arguments = ("--subject", "alice", "--scope", "a b", "--claim", "tenant=north=west", "--expires", "60")
    done = estuary(
        tmp_path,
        *("token", "--keys", "keys.json", "--algorithm", "EdDSA", *arguments),
        AUTH_ISSUER="https://a.test,https://b.test",
        AUTH_AUDIENCE="https://api.test",
    )
    claims = claims_of(done.stdout)
    issued = claims.pop("iat")
    assert isinstance(issued, int)
    assert {
        "iss": "https://a.test",
        "aud": "https://api.test",
        "sub": "alice",
        "scope": "a b",
        "tenant": "north=west",
        "exp": issued + 60,
    } == claims


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "message"),
    [
        (("--keys", "k.json"), {"APP_PROFILE": "production"}, 2, "APP_PROFILE is production"),
        (("--keys", "k.json", "--algorithm", "HS256"), {}, 2, "'HS256' is not one of RS256, ES256, EdDSA"),
        (("--keys", "k.json", "--claim", "tenant"), {}, 2, "--claim is 'tenant': it must be NAME=TEXT"),
        (("--keys", "k.json", "--expires", "0"), {}, 2, "not a number of seconds"),
        (("--keys", "other.json"), {}, 2, "not a key set with one key"),
        (("--keys", "missing/k.json"), {}, 1, "missing/k.json cannot be used: No such file or directory"),
        ((), {}, 2, "--keys"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str], code: int, message: str
) -> None:
    """And no key is left behind."""
    (tmp_path / "other.json").write_text("{}")
    done = estuary(tmp_path, "token", *arguments, **variables)
    assert (code, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert ["other.json"] == [path.name for path in tmp_path.iterdir()]
