"""Hooks that could not be called as such are refused where they are declared."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec import Struct

from estuary.core.hooks.hook_declarations import hooks_of
from estuary.core.hooks.hooks import Hooks
from estuary.core.resource import DeclarationError, Resource


class Loan(Struct, frozen=True):
    """Something to be lent."""

    days: int = 1


async def asynchronous(new: Any, _: Any) -> Any:
    """Would have to be awaited."""
    return new


async def streaming(new: Any, _: Any) -> AsyncIterator[Any]:
    """Likewise."""
    yield new


def generating(new: Any, _: Any) -> Iterator[Any]:
    """Would have to be iterated."""
    yield new


class Asynchronous:
    """An object whose call would have to be awaited."""

    async def __call__(self, new: Any, _: Any) -> Any:
        """The call."""
        return new


PLAIN = "hook before_create must be a plain function: neither async nor a generator"
FAULTS: list[tuple[Any, str]] = [
    ("x", "hook before_create must be a function, not 'x'"),
    (Loan, f"hook before_create must be a function, not {Loan!r}"),
    (asynchronous, PLAIN),
    (streaming, PLAIN),
    (generating, PLAIN),
    (Asynchronous(), PLAIN),
    (lambda new: new, "hook before_create must take the arguments new, identity: it takes (new)"),
    (lambda new, _, *, more: (new, more), "… new, identity: it takes (new, _, *, more)"),
]


@pytest.mark.parametrize(("hook", "message"), FAULTS)
def test_what_cannot_be_called_is_refused(hook: Any, message: str) -> None:
    """With the hook's name, and what it has to be."""
    with pytest.raises(DeclarationError) as refused:
        Resource("loans", Loan, hooks=Hooks(before_create=hook))
    assert str(refused.value).endswith(message.removeprefix("…"))


def test_all_faults_are_told_at_once() -> None:
    """Not one with each start."""
    faulty: Any = "x"
    with pytest.raises(DeclarationError, match=r"hook before_update .*\n.*hook validate "):
        hooks_of(Hooks(before_update=faulty, validate=faulty))


def test_only_hooks_are_hooks() -> None:
    """A function alone does not say when it is to be called."""
    function: Any = asynchronous
    with pytest.raises(DeclarationError, match="hooks must be Hooks"):
        Resource("loans", Loan, hooks=function)


def test_whatever_takes_the_arguments_will_do() -> None:
    """A function with more arguments than it must be given, a builtin; no hook at all is none."""

    def before_create(new: Any, _: Any, more: int = 1) -> Any:
        return (new, more)

    lookup: Any = {}.get
    hooks = Hooks(before_create=before_create, validate=lookup)
    assert hooks is hooks_of(hooks)
    assert hooks_of(Hooks()) is None
    assert hooks_of(None) is None
