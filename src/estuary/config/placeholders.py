"""Detects values that were copied from an example and never replaced."""

import re

# Words that documentation uses; example domains are reserved (RFC 2606), so no service has one.
_EXAMPLE = re.compile(
    r"""
    change[-_]?(?:me|this|it) | replace[-_]?(?:me|this|with) | place[-_]?holder | to[-_]?do\b | fix[-_]?me
    | \byour[-_.]?(?:own|auth|deployment|domain|secret|token|password|key|name|user|host|registry|provider)
    | your-auth-provider\.com | yourdomain\.com | \byour-[a-z]
    | \bexample\.(?:com|org|net)\b | \.example\b
    | <[a-z _-]+> | \bx{4,}\b | \*{3,} | \.\.\.
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMON = frozenset(
    {"admin", "default", "pass", "passw0rd", "password", "postgres", "qwerty", "root", "s3cr3t", "secret"}
    | {
        "secretkey",
        "test",
        "token",
        "123456",
        "12345678",
        "1234",
        "estuary",
        "letmein",
        "dummy",
        "none",
        "null",
    }
)
_PASSWORD = re.compile(r"://[^/@:]*:([^/@]*)@")


def is_placeholder(text: str, *, secret: bool) -> bool:
    """Whether `text` looks like an example, or, for a secret, like a common password."""
    if _EXAMPLE.search(text):
        return True
    if not secret:
        return False
    password = _PASSWORD.search(text)
    return (password[1] if password else text).strip().lower() in _COMMON
