"""What a hook returns is taken as values of the declared types; whatever else it does is a defect."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from estuary.core.access.identity import Identity
from estuary.core.errors import HookFailed, ValidationFailed
from estuary.core.hooks.hook_calls import HookCalls
from estuary.core.hooks.hooks import Hooks, Reject
from estuary.core.observations import HookSlow, Observation
from estuary.core.resource import Resource
from tests.support.clocks import START, SettableClock
from tests.support.entries import ENTRIES, Entry


class Size(Struct, frozen=True):
    """A part."""

    width: int = 1


class Box(Struct, frozen=True):
    """Something with a part, and things in it."""

    name: str = "box"
    weight: float = 0.0
    sealed_at: datetime | None = None
    size: Size = Size()
    marks: list[str] = []
    extra: dict[str, Any] = {}


def ignored(_: Observation) -> None:
    """No hook here is slow."""


def calls_of(**hooks: Callable[..., Any]) -> HookCalls:
    """What calls these hooks."""
    declared = Hooks(**hooks)
    return HookCalls(Resource("boxes", Box, hooks=declared), declared, monotonic, ignored)


def created_by(hook: Callable[[Box], Any], value: Box) -> Any:
    """What is kept where `hook` is called before `value` is created."""
    return calls_of(before_create=lambda new, _: hook(new)).created(value, None)


@pytest.mark.parametrize("width", [1, 7])
def test_a_hook_may_change_a_nested_struct(width: int) -> None:
    """What is kept is of the declared type, in modules that are compiled, too."""
    kept = created_by(lambda new: replace(new, size=Size(new.size.width + 1)), Box(size=Size(width)))
    assert Box(size=Size(width + 1)) == kept


def test_what_a_hook_leaves_is_kept_as_it_is() -> None:
    """The very value, if the hook returns it."""
    value = Box(marks=["a"], extra={"a": [1]})
    assert created_by(lambda new: new, value) is value


def test_an_update_changes_what_its_request_or_its_hook_does() -> None:
    """The hook's word counts; what it leaves is no change."""
    old = Box("old", 1.0, marks=["a"])
    seen: list[tuple[Box, Box]] = []

    def before_update(old: Box, new: Box, _: Identity | None) -> Box:
        seen.append((old, new))
        return replace(new, weight=3, extra={"a": 1})

    validated: list[Box] = []
    calls = calls_of(before_update=before_update, validate=lambda new, _: validated.append(new))
    changes = {"name": "new", "weight": 2.0}
    assert {"name": "new", "weight": 3.0, "extra": {"a": 1}} == calls.updated(old, changes, None)
    assert [(old, replace(old, name="new", weight=2.0))] == seen
    assert [Box("new", 3.0, marks=["a"], extra={"a": 1})] == validated


def test_who_asks_is_given_to_each_hook() -> None:
    """The identity of the request, or None."""
    asked: list[Identity | None] = []

    def hook(*arguments: Any) -> Any:
        asked.append(arguments[-1])
        return arguments[-2]

    def validate(_: Box, identity: Identity | None) -> None:
        asked.append(identity)

    calls = calls_of(before_create=hook, before_update=hook, validate=validate)
    alice = Identity("alice", None, frozenset())
    calls.created(Box(), alice)
    calls.updated(Box(), {}, None)
    assert [alice, alice, None, None] == asked


def _holds_itself(new: Box) -> Box:
    marks: list[Any] = []
    marks.append(marks)
    return replace(new, marks=marks)


def _marks(new: Box) -> Box:
    new.marks.append("b")
    return new


def _empties(new: Box) -> Box:
    new.extra["a"].clear()
    return new


def _raises(error: BaseException) -> Any:
    raise error


DEFECTS: dict[str, tuple[Callable[[Box], Any], str]] = {
    "exits": (lambda _: _raises(SystemExit(0)), "raised SystemExit"),
    "ends a generator": (lambda _: _raises(GeneratorExit()), "raised GeneratorExit"),
    "runs out of memory": (lambda _: _raises(MemoryError()), "raised MemoryError"),
    "recurses": (lambda new: created_by(lambda _: _raises(RecursionError()), new), "raised HookFailed"),
    "returns nothing": (lambda _: None, "returned None: it must return Box"),
    "returns another Struct": (lambda _: Size(), "returned Size: it must return Box"),
    "changes a list": (_marks, "changed its argument"),
    "changes an object": (_empties, "changed its argument"),
    "returns what holds itself": (_holds_itself, "returned a wrong marks"),
    "returns no Unicode": (lambda new: replace(new, name="\ud800"), "returned a wrong name"),
    "returns no Unicode within": (
        lambda new: replace(new, extra={"a": "\ud800"}),
        "returned a wrong extra",
    ),
    "returns a naive time": (
        lambda new: replace(new, sealed_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - it is wrong here
        "returned a wrong sealed_at",
    ),
    "returns what is no JSON": (lambda new: replace(new, extra={"a": object()}), "returned a wrong extra"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_whatever_else_a_hook_does_is_a_defect_of_its_own(name: str) -> None:
    """It is reported as the hook's, and leaves the value as it was."""
    hook, shown = DEFECTS[name]
    value = Box(marks=["a"], extra={"a": [1]}, sealed_at=START)
    with pytest.raises(HookFailed) as failed:
        created_by(hook, value)
    assert str(failed.value).startswith(f"hook before_create of boxes {shown}")
    assert Box(marks=["a"], extra={"a": [1]}, sealed_at=START) == value


def test_the_terminal_still_stops_a_hook() -> None:
    """Ctrl-C is no defect of the hook that it interrupts."""
    with pytest.raises(KeyboardInterrupt):
        created_by(lambda _: _raises(KeyboardInterrupt()), Box())


def test_a_rejection_is_one_violation() -> None:
    """Told as it is."""
    with pytest.raises(ValidationFailed) as failed:
        created_by(lambda _: _raises(Reject("weight", "Is too heavy", "heavy")), Box())
    assert [("weight", "Is too heavy", "heavy")] == [
        (each.field, each.message, each.code) for each in failed.value.violations
    ]


@pytest.mark.parametrize("seconds", [0.05, 0.0501])
def test_a_hook_that_took_long_is_observed(seconds: float) -> None:
    """Also one that fails in the end."""
    clock = SettableClock(monotonic=0.0)
    seen: list[Observation] = []

    def validate(_: Box, identity: Identity | None) -> None:
        clock.advance(seconds)
        raise KeyError(identity)

    hooks = Hooks(validate=validate)
    calls = HookCalls(Resource("boxes", Box, hooks=hooks), hooks, clock.monotonic, seen.append)
    with pytest.raises(HookFailed):
        calls.validate(Box(), None)
    assert [HookSlow("boxes", "validate", seconds)] * (seconds > 0.05) == seen


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
    message = f"changed {field}, which the server sets: return it as it was"
    with pytest.raises(HookFailed, match=f"before_create .* {message}"):
        calls.created(ALICES, None)
    with pytest.raises(HookFailed, match=f"before_update .* {message}"):
        calls.updated(ALICES, {"title": "b"}, None)
