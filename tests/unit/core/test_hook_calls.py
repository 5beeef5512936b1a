"""What a hook returns is taken as values of the declared types."""

from time import monotonic

import pytest
from msgspec import Struct
from msgspec.structs import replace

from estuary.core.hook_calls import HookCalls
from estuary.core.hooks import Hooks
from estuary.core.identity import Identity
from estuary.core.observations import Observation
from estuary.core.resource import Resource


class Size(Struct, frozen=True):
    """A part."""

    width: int = 1


class Box(Struct, frozen=True):
    """Something with a part."""

    size: Size = Size()


def widened(new: Box, _: Identity | None) -> Box:
    """A box with another part."""
    return replace(new, size=Size(new.size.width + 1))


def ignored(_: Observation) -> None:
    """No hook here is slow."""


@pytest.mark.parametrize("width", [1, 7])
def test_a_hook_may_change_a_nested_struct(width: int) -> None:
    """What is kept is of the declared type, in modules that are compiled, too."""
    hooks = Hooks(before_create=widened)
    calls = HookCalls(Resource("boxes", Box, hooks=hooks), hooks, monotonic, ignored)
    assert Box(Size(width + 1)) == calls.created(Box(Size(width)), None)
