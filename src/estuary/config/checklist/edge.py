"""Items on what is between clients and the service: TLS, certificates, flood protection; and clocks."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from estuary.config.checklist.facts import Answer, Facts, NoAnswer
from estuary.config.checklist.finding import Finding, failed, passed, warned, worst
from estuary.config.environment import Loaded

URGENT, SOON = timedelta(days=7), timedelta(days=21)
"""Limits on the time before a certificate expires: automatic renewal happens earlier than either."""
CLOCK_TOLERANCE = 5.0
"""In seconds; a Date header has a resolution of a second, and its transfer takes time."""

_SHIELDS = {
    "cf-ray": "Cloudflare",
    "x-amz-cf-id": "CloudFront",
    "x-azure-ref": "Azure Front Door",
    "x-akamai-request-id": "Akamai",
    "x-fastly-request-id": "Fastly",
    "x-sucuri-id": "Sucuri",
    "x-iinfo": "Imperva",
}
"""Headers that only such a service adds."""
_REDIRECTS = range(300, 400)


def https(loaded: Loaded, facts: Facts) -> Finding:
    """Estuary speaks HTTP: a proxy in front of it must accept HTTPS, and nothing else."""
    url = loaded.settings.public_url
    if url is None:
        return failed(
            "PUBLIC_URL is not set: whether clients come by HTTPS is not known",
            "terminate TLS at the load balancer, and set PUBLIC_URL to the address that clients use",
        )
    if urlsplit(url).scheme != "https":
        return failed(
            f"PUBLIC_URL is {url}", "terminate TLS at the load balancer, and let PUBLIC_URL say https"
        )
    if facts.public is None:
        return passed(f"PUBLIC_URL is {url}")
    if isinstance(facts.public, NoAnswer):
        if facts.public.untrusted:
            return failed(f"{url}: {facts.public.reason}", "install a certificate that clients trust")
        return warned(
            f"{url} could not be asked: {facts.public.reason}", "ask again from where clients are"
        )
    if isinstance(facts.plain, Answer) and facts.plain.status not in _REDIRECTS:
        return failed(
            f"{facts.plain.url} answers without TLS ({facts.plain.status})",
            "let port 80 redirect to https, or close it",
        )
    if loaded.settings.security_strict_mode and "strict-transport-security" not in facts.public.headers:
        return warned(f"{url} answers without HSTS: a proxy takes it away", "let the proxy pass headers on")
    return passed(f"{url} answers by HTTPS")


def certificates(_: Loaded, facts: Facts) -> Finding:
    """When the certificates of PUBLIC_URL and of the key sets' hosts expire."""
    asked = [each for each in (facts.public, *facts.key_sets) if each is not None]
    asked = [each for each in asked if urlsplit(each.url).scheme == "https"]
    if not asked or facts.now is None:
        return warned("no certificate was looked at", "set PUBLIC_URL")
    return worst([_certificate(each, facts.now) for each in asked])


def _certificate(asked: Answer | NoAnswer, now: datetime) -> Finding:
    host = urlsplit(asked.url).netloc
    if isinstance(asked, NoAnswer):
        if asked.untrusted:
            return failed(f"{host}: {asked.reason}", "renew the certificate, or install its chain")
        return warned(f"{host} could not be asked: {asked.reason}", "see that it can be reached")
    if asked.expires_at is None:
        return warned(f"{host} showed no certificate", "see that it can be reached")
    left = asked.expires_at - now
    reason = f"the certificate of {host} ends on {asked.expires_at:%Y-%m-%d}, in {left.days} days"
    if left <= URGENT:
        return failed(reason, "renew it now")
    if left <= SOON:
        return warned(reason, "see why it was not renewed by itself")
    return passed(reason)


def shield(_: Loaded, facts: Facts) -> Finding:
    """Floods must be stopped before they reach the machine, which cannot do so itself."""
    if isinstance(facts.public, Answer):
        for header, name in _SHIELDS.items():
            if header in facts.public.headers:
                return passed(f"{name} answers for PUBLIC_URL")
        reason = "nothing in PUBLIC_URL's answers tells of protection against floods"
    else:
        reason = "whether something protects against floods was not seen: PUBLIC_URL was not asked"
    return warned(
        reason, "put a service such as Cloudflare or AWS Shield in front, or know that you have one"
    )


def clock(loaded: Loaded, facts: Facts) -> Finding:
    """The clock decides whether tokens are valid, and dates the logs."""
    asked = [each for each in (facts.public, *facts.key_sets) if isinstance(each, Answer)]
    offsets = [(each.clock_offset, each.url) for each in asked if each.clock_offset is not None]
    if not offsets:
        return warned("the clock could not be compared: no server was asked", "run an NTP client")
    # One server's clock may be wrong; the smallest difference counts.
    offset, url = min(offsets, key=lambda each: abs(each[0]))
    host = urlsplit(url).netloc
    reason = (
        f"the clock is {abs(offset):.0f} seconds {'ahead of' if offset > 0 else 'behind'} that of {host}"
    )
    if abs(offset) <= CLOCK_TOLERANCE:
        return passed(f"the clock agrees with that of {host}")
    if abs(offset) > loaded.settings.auth_clock_skew_seconds:
        return failed(reason, "run an NTP client")
    return warned(reason, "run an NTP client")
