"""File descriptors: each connection takes one, so the limit on open files bounds the connections."""

import resource
from contextlib import suppress

import msgspec

_MOST_SPARED = 256
_SHARE_SPARED = 4
"""A quarter of the descriptors, at most `_MOST_SPARED`, is reserved for the store, files and pipes, and a
quarter of that for the operators' port."""


class Room(msgspec.Struct, frozen=True):
    """The limits on connections: on the service's port, and on the operators' port."""

    service: int
    admin: int


def raise_limit() -> None:
    """Raise the soft limit on open files to the hard limit, for this process and its children.

    Systems set the soft limit to 1024 for programs that use select(2), which Estuary does not. See
    RLIMIT_NOFILE in getrlimit(2).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems report a hard limit that they do not grant.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors() -> int:
    """The soft limit on open files; `RLIM_INFINITY` means no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft


def room_for(wanted: int, available: int) -> Room:
    """The limits on connections: `wanted`, or fewer where `available` descriptors do not suffice."""
    if available == resource.RLIM_INFINITY:
        return Room(wanted, wanted)
    spared = min(_MOST_SPARED, available // _SHARE_SPARED)
    return Room(min(wanted, available - spared), min(wanted, spared // _SHARE_SPARED))
