"""The cap on requests in flight: beyond it the service says so instead of slowing down for everyone."""

from typing import Final

from estuary.core.observations import RequestShed
from estuary.core.ports import Observer
from estuary.http.errors import Overloaded
from estuary.http.messages import Guard, Request, Verdict
from estuary.http.under_way import RequestsUnderWay

RETRY_SECONDS: Final = 1.0


class InFlightCap(Guard):
    """Sheds requests beyond `limit` with 503 and `Retry-After`; essential routes are spared.

    `in_flight` holds the requests under way, this one included.
    """

    def __init__(self, limit: int, in_flight: RequestsUnderWay, observe: Observer) -> None:
        self._limit = limit
        self._in_flight = in_flight
        self._observe = observe

    def check(self, request: Request) -> Verdict:
        """Let the request pass or raise `Overloaded`."""
        in_flight = self._in_flight.number
        if in_flight > self._limit and not request.route.essential:
            self._observe(RequestShed(in_flight))
            raise Overloaded(RETRY_SECONDS)
        return None
