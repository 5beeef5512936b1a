"""What a hook returns is taken as values of the declared types."""

from time import monotonic

import pytest
from msgspec import Struct
from msgspec.structs import replace

from estuary.core.errors import HookFailed
from estuary.core.hook_calls import HookCalls
from estuary.core.hooks import Hooks
from estuary.core.identity import Identity
from estuary.core.observations import Observation
from estuary.core.resource import Resource
from tests.support.clocks import START
from tests.support.entries import ENTRIES, Entry


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


ALICES = Entry(title="a", made_by="alice", seen_at=START)


def retitled(new: Entry, _: Identity | None) -> Entry:
    """What hooks may do: the title says who made it."""
    return replace(new, title=new.made_by)


def test_hooks_see_what_the_server_sets() -> None:
    """And may change the fields beside it."""
    calls = HookCalls(ENTRIES, Hooks(before_create=retitled), monotonic, ignored)
    assert replace(ALICES, title="alice") == calls.created(ALICES, None)


@pytest.mark.parametrize(("field", "value"), [("made_by", "eve"), ("seen_at", None), ("day", START.date())])
def test_no_hook_changes_what_the_server_sets(field: str, value: object) -> None:
    """It is a defect of the hook, on create and on update."""
    change = {field: value}
    hooks = Hooks(
        before_create=lambda new, _: replace(new, **change),
        before_update=lambda _old, new, _: replace(new, **change),
    )
    calls = HookCalls(ENTRIES, hooks, monotonic, ignored)
    told = f"changed {field}, which the server sets: return it as it was"
    with pytest.raises(HookFailed, match=f"before_create .* {told}"):
        calls.created(ALICES, None)
    with pytest.raises(HookFailed, match=f"before_update .* {told}"):
        calls.updated(ALICES, {"title": "b"}, None)
