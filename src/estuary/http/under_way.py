"""The requests under way: for the cap on their number, and to name those that a stop cuts off."""

from collections.abc import Iterator

from estuary.http.messages import Request


class RequestsUnderWay:
    """A list in which each request knows its neighbours; `number` of them.

    Adding a request to a set, and removing it, takes four times as many instructions.
    """

    def __init__(self) -> None:
        self.number = 0
        self._newest: Request | None = None

    def add(self, request: Request) -> None:
        """A request has begun."""
        newest = self._newest
        if newest is not None:
            newest.newer = request
            request.older = newest
        self._newest = request
        self.number += 1

    def remove(self, request: Request) -> None:
        """A request that was added is over."""
        older, newer = request.older, request.newer
        request.older = request.newer = None
        if older is not None:
            older.newer = newer
        if newer is None:
            self._newest = older
        else:
            newer.older = older
        self.number -= 1

    def __iter__(self) -> Iterator[Request]:
        found: list[Request] = []
        request = self._newest
        while request is not None:
            found.append(request)
            request = request.older
        return iter(found)
