"""The security headers: the same on every answer, so they are put together once."""

from estuary.http.messages import CSP, Header

STRICT_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
PERMISSIVE_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self' data:; "
    "connect-src 'self' *; frame-ancestors 'none'"
)
HSTS = "max-age=31536000; includeSubDomains; preload"


def security_headers(*, strict: bool, csp: str | None) -> tuple[Header, ...]:
    """The headers of every answer: `strict` adds HSTS and the strict policy, `csp` overrides either."""
    policy = csp or (STRICT_CSP if strict else PERMISSIVE_CSP)
    headers = (
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-xss-protection", "0"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("permissions-policy", "geolocation=(), microphone=(), camera=()"),
        (CSP, policy),
    )
    return (*headers, ("strict-transport-security", HSTS)) if strict else headers
