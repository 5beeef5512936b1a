"""A connection that is lost is tried for, ever less often, until it is there again."""

from itertools import pairwise

import pytest

from estuary.core.errors import EstuaryError
from estuary.reconnecting import FIRST_PAUSE, Reconnector
from tests.support.waiting import until


class Away(EstuaryError):
    """Another attempt may succeed."""


class Refused(EstuaryError):
    """Only an operator can help."""


class Server:
    """What is connected to: it fails as `failure` says, or not; and what the reconnector reported."""

    def __init__(self, failure: EstuaryError | None = None) -> None:
        self.failure = failure
        self.changes: list[tuple[bool, str]] = []
        self.retries: list[tuple[float, str]] = []
        self.reconnector = Reconnector(
            self._connect,
            unavailable=Away,
            refused=Refused,
            changed=lambda up, reason: self.changes.append((up, reason)),
            retrying=lambda pause, reason: self.retries.append((pause, reason)),
        )

    async def _connect(self) -> None:
        if self.failure is not None:
            raise self.failure


async def test_what_is_there_is_up_and_nothing_is_said() -> None:
    """Only changes are reported."""
    server = Server()
    before = server.reconnector.is_up
    await server.reconnector.open()
    assert (False, True) == (before, server.reconnector.is_up)
    assert ([], []) == (server.changes, server.retries)


async def test_what_is_away_at_the_start_is_tried_for() -> None:
    """That is an outage like any other: opening does not fail, and the reason can be read."""
    server = Server(Away("no route"))
    await server.reconnector.open()
    assert (False, "no route") == (server.reconnector.is_up, server.reconnector.reason)
    server.failure = None
    await until(lambda: server.reconnector.is_up)
    assert [(False, "no route"), (True, "")] == server.changes


async def test_a_refusal_at_the_start_is_raised() -> None:
    """Nothing is tried again: an operator sees the start fail."""
    server = Server(Refused("wrong password"))
    with pytest.raises(Refused, match="wrong password"):
        await server.reconnector.open()
    assert ([], []) == (server.changes, server.retries)


async def test_each_pause_is_twice_the_one_before() -> None:
    """A server that is away for long is not flooded with attempts, and each is reported with its reason."""
    server = Server()
    await server.reconnector.open()
    server.failure = Away("refused")
    server.reconnector.lost("broken pipe")
    await until(lambda: 4 == len(server.retries))
    server.reconnector.close()
    assert FIRST_PAUSE == server.retries[0][0]
    assert all(2 * earlier == later for (earlier, _), (later, _) in pairwise(server.retries))
    assert {"broken pipe"} == {reason for _, reason in server.retries}
    assert [(False, "broken pipe")] == server.changes


async def test_a_refusal_in_an_outage_is_told_once_and_tried_again() -> None:
    """An operator reads what to mend once, and needs no restart once it is mended."""
    server = Server()
    await server.reconnector.open()
    server.failure = Refused("wrong password")
    server.reconnector.lost("broken pipe")
    await until(lambda: 4 == len(server.retries))
    server.failure = None
    await until(lambda: server.reconnector.is_up)
    assert [(False, "broken pipe"), (False, "wrong password"), (True, "")] == server.changes


async def test_a_loss_is_told_once() -> None:
    """However many notice it."""
    server = Server()
    await server.reconnector.open()
    server.reconnector.lost("first")
    server.reconnector.lost("second")
    await until(lambda: server.reconnector.is_up)
    assert [(False, "first"), (True, "")] == server.changes


async def test_what_is_closed_stays_down() -> None:
    """Losing the connection is part of closing, and no outage."""
    server = Server()
    await server.reconnector.open()
    server.reconnector.close()
    server.reconnector.lost("broken pipe")
    assert (False, "it was closed") == (server.reconnector.is_up, server.reconnector.reason)
    assert ([], []) == (server.changes, server.retries)
