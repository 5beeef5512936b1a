"""The two faces of the client: what one can do, the other can, in the same words."""

import inspect
from typing import Any

import pytest

from estuary import client


def calls(face: type[Any]) -> dict[str, tuple[Any, ...]]:
    """The public calls of a class: parameters with their defaults, and what is said of them."""
    return {
        name: (
            [(each.name, each.kind, each.default) for each in inspect.signature(call).parameters.values()],
            inspect.getdoc(call),
        )
        for name, call in inspect.getmembers(face, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("plain", "awaited"),
    [
        (client.Client, client.AsyncClient),
        (client.Resource, client.AsyncResource),
        (client.Query, client.AsyncQuery),
        (client.Batch, client.AsyncBatch),
    ],
)
def test_both_clients_have_the_same_calls(plain: type[Any], awaited: type[Any]) -> None:
    """A program is turned from one into the other by `await` alone."""
    assert calls(plain) == calls(awaited)


def test_both_clients_are_made_alike() -> None:
    """With the same parameters and defaults."""
    made = [list(inspect.signature(each).parameters) for each in (client.Client, client.AsyncClient)]
    assert made[0] == made[1]
