"""Descriptors: never more connections than the system has room for, and something is left for all else."""

import resource

import pytest

from estuary.server.descriptors import Room, room_for


@pytest.mark.parametrize(
    ("wanted", "available", "service", "admin"),
    [
        (4096, 1_048_576, 4096, 64),
        (4096, resource.RLIM_INFINITY, 4096, 4096),
        (4096, 4096, 3840, 64),
        (4096, 1024, 768, 64),
        (4096, 256, 192, 16),
        (16, 1024, 16, 16),
    ],
)
def test_a_quarter_is_left_for_all_else(wanted: int, available: int, service: int, admin: int) -> None:
    """Up to 256; what the operators' port may take is of that."""
    assert Room(service, admin) == room_for(wanted, available)
