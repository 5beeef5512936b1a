"""The lines on HTTPS, certificates, floods and clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from estuary.config.checklist import edge
from estuary.config.checklist.facts import Answer, Facts, NoAnswer
from tests.unit.config.checklist.judging import AUTH, judge

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://api.acme.io"
HSTS = {"strict-transport-security": "max-age=31536000"}


def answer(**parts: object) -> Answer:
    """What a service that is as it should be answers, with `parts` in place of the usual ones."""
    usual = {"url": URL, "status": 200, "headers": HSTS, "expires_at": NOW + timedelta(days=60)}
    return Answer(**{**usual, "clock_offset": 0.2, **parts})  # type: ignore[arg-type]  # checked where it matters


SILENT = NoAnswer(URL, "Connection refused")
UNTRUSTED = NoAnswer(URL, "the certificate is not trusted: certificate has expired", untrusted=True)


@pytest.mark.parametrize(
    ("url", "facts", "expected", "message"),
    [
        ("", Facts(), "fail", "PUBLIC_URL is not set"),
        ("http://api.acme.io", Facts(), "fail", "http://api.acme.io"),
        (URL, Facts(), "pass", URL),
        (URL, Facts(public=answer()), "pass", "answers by HTTPS"),
        (URL, Facts(public=SILENT), "warn", "Connection refused"),
        (URL, Facts(public=UNTRUSTED), "fail", "expired"),
        (URL, Facts(public=answer(headers={})), "warn", "HSTS"),
        (URL, Facts(public=answer(), plain=Answer("http://api.acme.io", 308)), "pass", ""),
        (URL, Facts(public=answer(), plain=Answer("http://api.acme.io", 200)), "fail", "without TLS (200)"),
        (URL, Facts(public=answer(), plain=SILENT), "pass", ""),
    ],
)
def test_https(url: str, facts: Facts, expected: str, message: str) -> None:
    """Clients are known to come by HTTPS alone, and HSTS keeps them there."""
    assert message in judge(edge.https, expected, facts, PUBLIC_URL=url).reason


@pytest.mark.parametrize(
    ("left", "expected"),
    [(-1.0, "fail"), (7.0, "fail"), (7.5, "warn"), (21.0, "warn"), (21.5, "pass")],
)
def test_certificates_last(left: float, expected: str) -> None:
    """A certificate that ends within a week fails, within three it warns; the soonest one decides."""
    soon = answer(url="https://keys.acme.io", expires_at=NOW + timedelta(days=left))
    facts = Facts(now=NOW, public=answer(), key_sets=(answer(), soon))
    finding = judge(edge.certificates, expected, facts)
    if expected != "pass":
        assert "keys.acme.io" in finding.reason


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(now=NOW), "warn"),
        (Facts(now=NOW, public=SILENT), "warn"),
        (Facts(now=NOW, public=answer(), key_sets=(UNTRUSTED,)), "fail"),
        (Facts(now=NOW, public=answer(expires_at=None)), "warn"),
        (Facts(now=NOW, key_sets=(Answer("http://keys", 200),)), "warn"),
    ],
)
def test_certificates_that_were_not_seen(facts: Facts, expected: str) -> None:
    """What could not be looked at never passes."""
    judge(edge.certificates, expected, facts)


def test_floods() -> None:
    """A shield that shows itself passes; what is not seen is not claimed."""
    shielded = answer(headers={"cf-ray": "8f2"})
    assert "Cloudflare" in judge(edge.shield, "pass", Facts(public=shielded)).reason
    for facts in (Facts(public=answer()), Facts(public=SILENT), Facts()):
        judge(edge.shield, "warn", facts)


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.9, "pass"), (-5.0, "pass"), (6.0, "warn"), (-30.0, "warn"), (-31.0, "fail")]
)
def test_clock(offset: float, expected: str) -> None:
    """Further off than tokens are forgiven fails; less is pointed out."""
    judge(edge.clock, expected, Facts(public=answer(clock_offset=offset)), **AUTH)


def test_a_clock_that_one_server_agrees_with_is_right() -> None:
    """One wrong server among those asked raises no alarm; none asked proves nothing."""
    facts = Facts(public=answer(clock_offset=900.0), key_sets=(answer(clock_offset=0.1), SILENT))
    judge(edge.clock, "pass", facts)
    judge(edge.clock, "warn", Facts(public=SILENT))
