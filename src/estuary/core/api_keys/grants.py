"""The limits of what an API key may grant: the same for the command and for the HTTP API."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from estuary.core.access.identity import MAX_OWNER_LENGTH
from estuary.core.api_keys.key_administration import LONGEST_LIFETIME, Grant
from estuary.core.errors import ValidationFailed, Violation

MAX_NAME = 100
MAX_ROLE = MAX_SCOPE = 255
MAX_ENTRIES = 64
"""The most scopes, and the most roles, of one key."""
MAX_DAYS = LONGEST_LIFETIME // timedelta(days=1)

_SCOPE_FORM = r"[!#-\[\]-~]+"
"""RFC 6749, 3.3."""


def demand_valid(grant: Grant) -> None:
    """Raise `ValidationFailed`, with every rule that `grant` breaks."""
    violations = list(_violations(grant))
    if violations:
        raise ValidationFailed(violations)


def _violations(grant: Grant) -> Iterator[Violation]:
    if not 0 < len(grant.name) <= MAX_NAME:
        yield Violation("name", f"Name must be between 1 and {MAX_NAME} characters", "length")
    elif not grant.name.isprintable():
        yield Violation("name", "Name must have printable characters only", "pattern")
    if grant.owner is not None and not _is_text(grant.owner, MAX_OWNER_LENGTH):
        yield Violation("owner", f"Owner must be 1 to {MAX_OWNER_LENGTH} printable characters", "length")
    yield from _entries("scopes", grant.scopes)
    yield from _entries("roles", grant.roles)
    if any(len(scope) > MAX_SCOPE or not re.fullmatch(_SCOPE_FORM, scope) for scope in grant.scopes):
        message = f"Scopes must be 1 to {MAX_SCOPE} ASCII characters without blanks, quotes and backslashes"
        yield Violation("scopes", message, "pattern")
    if not all(_is_text(role, MAX_ROLE) for role in grant.roles):
        yield Violation("roles", f"Roles must be 1 to {MAX_ROLE} printable characters", "length")
    if grant.lifetime is not None and not timedelta(days=1) <= grant.lifetime <= LONGEST_LIFETIME:
        message = f"Expires in days must be between 1 and {MAX_DAYS}, or null for a key without expiry"
        yield Violation("expires_in_days", message, "range")


def _entries(field: str, entries: Sequence[str]) -> Iterator[Violation]:
    if len(entries) > MAX_ENTRIES:
        yield Violation(field, f"{field.capitalize()} must have at most {MAX_ENTRIES} entries", "length")


def _is_text(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable()
