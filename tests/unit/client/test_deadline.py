"""How long a connection of the synchronous client waits: never beyond the attempt."""

from functools import partial

import pytest

from estuary.client.deadline import TimeLeft, bound, left, within

CONNECTED = "connection.connect_tcp.complete"
AN_HOUR = 3600.0


class Recording:
    """A connection that says how much it was to write, and with which limits."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.limits: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Nothing."""
        self.sizes.append(max_bytes)
        self.limits.append(timeout)
        return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As if all of it were taken."""
        self.sizes.append(len(buffer))
        self.limits.append(timeout)


def connected(event: str = CONNECTED) -> Recording:
    """A connection that has just been made."""
    stream = Recording()
    bound(event, {"return_value": stream})
    return stream


@pytest.mark.parametrize("event", [CONNECTED, "connection.start_tls.complete", "proxy.start_tls.complete"])
def test_every_wait_has_what_is_left_of_the_attempt(event: str) -> None:
    """Whatever limit it is given; what is long is written in pieces, each with what is left."""
    stream = connected(event)
    with within(AN_HOUR):
        stream.write(b"x" * 40_000, 2 * AN_HOUR)
        stream.read(10, None)
        limits = [*(limit or 0.0 for limit in stream.limits), *TimeLeft().values()]
    assert [16384, 16384, 7232, 10] == stream.sizes
    assert all(0 < limit <= AN_HOUR for limit in limits)
    assert sorted(limits, reverse=True) == limits
    assert ["connect", "read", "write", "pool"] == list(TimeLeft())


def test_nothing_is_begun_behind_the_end() -> None:
    """Neither a read nor a write, nor a connection."""
    stream = connected()
    with within(-1.0):
        connecting = partial(TimeLeft().__getitem__, "connect")
        for late in (partial(stream.read, 1), partial(stream.write, b"x"), left, connecting):
            with pytest.raises(TimeoutError, match=r"^the answer did not arrive in time$"):
                late()
    assert [] == stream.sizes


def test_attempts_may_be_nested_and_others_may_use_the_connection() -> None:
    """As where a token is fetched by another client; where a transport is shared, limits are as given."""
    stream = connected()
    with within(AN_HOUR):
        with within(-1.0), pytest.raises(TimeoutError):
            left()
        assert left() > 0
    stream.read(1, 2.5)
    assert [2.5] == stream.limits
    other = connected("http11.receive_response_headers.complete")
    with within(-1.0):
        other.read(1, 2.5)
    assert [2.5] == other.limits
