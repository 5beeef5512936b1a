"""File descriptors: each connection takes one, so no more are held than the system's limit has room for."""

import resource
from contextlib import suppress
from typing import NamedTuple

_MOST_SPARED = 256
_SHARE_SPARED = 4
"""A quarter of the descriptors, but no more than that, is for all else: the store, files, pipes; and a
quarter of these for the operators' port."""


class Room(NamedTuple):
    """How many connections may be held: on the service's port, and on the operators'."""

    service: int
    admin: int


def raise_limit() -> None:
    """Allow this process, and those that it starts, as many descriptors as the hard limit does.

    Systems set the soft limit to 1024 for programs that use select(2), which Estuary does not. See
    RLIMIT_NOFILE in getrlimit(2).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems name a hard limit and do not grant it.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors() -> int:
    """How many descriptors this process may have; `RLIM_INFINITY` where nothing limits them."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft


def room_for(wanted: int, available: int) -> Room:
    """How many connections, of as many as are `wanted`, so many `available` descriptors have room for."""
    if available == resource.RLIM_INFINITY:
        return Room(wanted, wanted)
    spared = min(_MOST_SPARED, available // _SHARE_SPARED)
    return Room(min(wanted, available - spared), min(wanted, spared // _SHARE_SPARED))
