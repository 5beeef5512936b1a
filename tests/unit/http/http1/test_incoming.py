"""Incoming: requests wait in the order in which they came."""

from estuary.http.header_fields import Fields
from estuary.http.http1.incoming import Incoming, Waiting


class Still:
    """A connection on which nothing flows."""

    def invite(self) -> None:
        """Nothing waits for that."""

    def hold(self) -> None:
        """Nothing comes."""

    def let_flow(self) -> None:
        """As above."""


def incoming(path: str) -> Incoming:
    """A request for `path`."""
    return Incoming("GET", path, "", Fields(), "", Still(), keep_alive=True)


def taken(waiting: Waiting) -> list[str]:
    """The paths of all that wait, which then wait no longer."""
    paths = []
    while (request := waiting.take()) is not None:
        assert request.following is None
        paths.append(request.path)
    return paths


def test_the_first_to_come_is_the_first_to_be_taken() -> None:
    """Also where others come meanwhile, or where all were taken."""
    waiting = Waiting()
    assert [] == taken(waiting)
    for path in ("/1", "/2", "/3"):
        waiting.add(incoming(path))
    first = waiting.take()
    waiting.add(incoming("/4"))
    assert ("/1", 3) == (first.path if first is not None else "", waiting.number)
    assert ["/2", "/3", "/4"] == taken(waiting)
    waiting.add(incoming("/5"))
    assert (1, ["/5"], 0) == (waiting.number, taken(waiting), waiting.number)


def test_what_is_cleared_is_not_taken() -> None:
    """None waits then, and the next to come is the first."""
    waiting = Waiting()
    for path in ("/1", "/2"):
        waiting.add(incoming(path))
    waiting.clear()
    assert 0 == waiting.number
    waiting.add(incoming("/3"))
    assert ["/3"] == taken(waiting)
