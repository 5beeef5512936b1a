"""Ids and keys that the client chooses."""

import secrets
import time
from uuid import UUID, uuid4


def new_id() -> str:
    """A record's id: a UUID of version 7 (RFC 9562, 5.7), ordered by time of creation."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76  # the version
    return str(UUID(int=number & ~(0b11 << 62) | 0b10 << 62))  # the variant


def new_key() -> str:
    """An idempotency key."""
    return str(uuid4())
