"""Checks hooks as they are declared: what cannot be called as a hook is an error at start-up."""

from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, signature

from estuary.core.declarations import DeclarationError
from estuary.core.hooks.hooks import Hooks

_ARGUMENTS = {
    "before_create": ("new", "identity"),
    "before_update": ("old", "new", "identity"),
    "validate": ("new", "identity"),
}


def hooks_of(declared: Hooks | None) -> Hooks | None:
    """The hooks of a resource; None where there are none. Raises `DeclarationError` for all faults."""
    if declared is None:
        return None
    if not isinstance(declared, Hooks):
        raise DeclarationError(f"hooks must be Hooks(...), not {declared!r}")
    named = {name: getattr(declared, name) for name in _ARGUMENTS}
    there = {name: hook for name, hook in named.items() if hook is not None}
    faults = [
        f"hook {name} {fault}"
        for name, hook in there.items()
        if (fault := _fault_of(hook, _ARGUMENTS[name]))
    ]
    if faults:
        raise DeclarationError(*faults)
    return declared if there else None


def _fault_of(hook: object, arguments: tuple[str, ...]) -> str:
    if not callable(hook) or isinstance(hook, type):
        return f"must be a function, not {hook!r}"
    call = getattr(hook, "__call__", None)  # noqa: B004 - an object may have an async method of this name
    for kind in (iscoroutinefunction, isasyncgenfunction, isgeneratorfunction):
        if kind(hook) or kind(call):
            return "must be a plain function: neither async nor a generator"
    try:
        called = signature(hook)
    except ValueError:
        return ""  # of some builtins nothing is known
    try:
        called.bind(*arguments)
    except TypeError:
        return f"must take the arguments {', '.join(arguments)}: it takes {called}"
    return ""
