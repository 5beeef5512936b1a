"""Detects values that were copied from an example and never replaced."""

import re

_WORDS = (
    *("changeme", "changethis", "changeit", "replaceme", "replacethis", "replacewith"),
    *("placeholder", "fixme", "yourauthprovider.com", "yourdomain.com", "***", "..."),
)
"""What documentation writes for a value, with dashes and underscores in it or without."""
_EXAMPLE = (
    r"\bto[-_]?do\b|<[a-z _-]+>|\bx{4,}\b"
    r"|\byour(?:-[a-z]|[_.]?(?:own|auth|deployment|domain|secret|token|password|key|name|user|host|registry|provider))"
    r"|\bexample\.(?:com|org|net)\b|\.example\b"
)
"""The same in other forms; example domains are reserved (RFC 2606), so no service has one."""
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
_USER_INFO = r"://[^/@:]*:([^/@]*)@"


def is_placeholder(text: str, *, secret: bool) -> bool:
    """Whether `text` looks like an example, or, for a secret, like a common password."""
    lower = text.lower()
    bare = lower.replace("-", "").replace("_", "")
    if any(word in bare for word in _WORDS) or re.search(_EXAMPLE, lower):
        return True
    if not secret:
        return False
    password = re.search(_USER_INFO, text)
    return (password[1] if password else text).strip().lower() in _COMMON
