"""The router: finds the route of a path."""

from collections.abc import Sequence
from typing import Final

from estuary.core.record_id import canonical_id
from estuary.http.messages import UNKNOWN_ROUTE, Request, Route

RECORD_ID: Final = "{id}"
"""Stands in a route's template where a record's id stands in its paths."""


class PathRouter:
    """Finds a path's route with one or two dictionary look-ups, whatever the size of the table."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact = {route.template: route for route in routes if RECORD_ID not in route.template}
        self._by_collection = {
            route.template.removesuffix(f"/{RECORD_ID}"): route
            for route in routes
            if route.template.endswith(f"/{RECORD_ID}")
        }

    def find(self, request: Request) -> Route:
        """The route of the request's path, `UNKNOWN_ROUTE` where there is none."""
        path = request.path
        route = self._exact.get(path)
        if route is not None:
            return route
        end = path.rfind("/")
        route = self._by_collection.get(path[:end]) if end >= 0 else None
        if route is not None and end + 1 < len(path):
            request.record_id = canonical_id(path[end + 1 :])
            return route
        return UNKNOWN_ROUTE
