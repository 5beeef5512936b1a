"""Writes that refer to a record which is about to be deleted wait for that, and for nothing else."""

import asyncio
from contextlib import suppress

import pytest

from estuary.core.record import Place
from estuary.stores import leaving
from estuary.stores.leaving import Leaving

HERE, THERE = Place("items", "1"), Place("items", "2")


async def test_who_refers_to_it_waits_for_the_end() -> None:
    """However the delete ends; who refers to another record does not wait."""
    records = Leaving()
    with suppress(ZeroDivisionError), records.delete() as delete:
        delete.announce([HERE])
        waiting = asyncio.create_task(records.over([THERE, HERE]))
        await records.over([THERE])
        await asyncio.sleep(0)
        assert not waiting.done()
        raise ZeroDivisionError
    await waiting
    assert records.is_empty


async def test_deletes_that_take_the_same_record() -> None:
    """Who refers to it waits for the first of them."""
    records = Leaving()
    with records.delete() as outer:
        outer.announce([HERE])
        with records.delete() as inner:
            inner.announce([HERE, THERE])
        await records.over([THERE])
        assert not records.is_empty
    assert records.is_empty


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The write is made when the time is over."""
    monkeypatch.setattr(leaving, "SECONDS", 0.01)
    records = Leaving()
    with records.delete() as delete:
        delete.announce([HERE])
        await records.over([HERE])
        assert not records.is_empty
