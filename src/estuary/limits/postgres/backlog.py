"""Hits that wait for their statement, for a statement counts each client once."""

from estuary.limits.batching import Hits


class Backlog:
    """By client, the hits that no statement was sent for yet, each client's in the order they came in."""

    def __init__(self) -> None:
        self._clients: dict[str, list[Hits]] = {}

    def __bool__(self) -> bool:
        return bool(self._clients)

    def add(self, batch: list[Hits]) -> None:
        """Have these wait, too, behind those of the same clients."""
        for hits in batch:
            queue = self._clients.setdefault(hits.client, [])
            if queue and queue[-1].cost == hits.cost:
                queue[-1].waiting.extend(hits.waiting)
            else:
                queue.append(hits)

    def take(self, most: int) -> list[Hits]:
        """The first hits of each of at most `most` clients, for one statement.

        A client of whom more wait goes behind the others, so that it does not hold them up.
        """
        batch = []
        for client in list(self._clients)[:most]:
            queue = self._clients.pop(client)
            batch.append(queue.pop(0))
            if queue:
                self._clients[client] = queue
        return batch

    def fail(self, reason: str) -> None:
        """Tell each that it could not be counted; none is left."""
        clients, self._clients = self._clients, {}
        for queue in clients.values():
            for hits in queue:
                hits.fail(reason)
