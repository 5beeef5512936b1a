"""The URL table: the API's index."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from estuary.core.access.access import Action, Role
from estuary.core.access.rights import Rights, Rule
from estuary.http.guards.body import ACCEPT_PATCH, ACCEPT_QUERY
from estuary.http.guards.metrics_token import MetricsToken
from estuary.http.kernel import RECORD_ID, VALUE
from estuary.http.messages import EVERY_METHOD, Handler, Header, Request, Response, Route
from estuary.http.operator_handlers import OperatorHandlers
from estuary.http.records.by_value import ByValue
from estuary.http.records.change_handlers import ChangeHandlers
from estuary.http.records.handlers import RecordHandlers
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.querying import QUERY_PATH
from estuary.http.records.write_headers.write_parameters import check_write

if TYPE_CHECKING:  # imported only where keys are administered
    from estuary.http.keys.handlers import KeyHandlers

API_PREFIX = "/api/v1"
UNVERSIONED_PREFIX = "/api"
BATCH_PATH = f"{API_PREFIX}/batch"
KEYS_PATH = f"{API_PREFIX}/keys"

_ON_MANY = {"GET": Action.READ, "HEAD": Action.READ, "QUERY": Action.READ, "POST": Action.CREATE}
_ON_ONE = {
    "GET": Action.READ,
    "HEAD": Action.READ,
    "PUT": Action.UPDATE,
    "PATCH": Action.UPDATE,
    "DELETE": Action.DELETE,
}
_BY_VALUE = {**_ON_ONE, "PUT": Action.UPSERT}
_QUERIED = {"POST": Action.READ}


def table(
    operations: OperatorHandlers,
    collections: Sequence[RecordHandlers],
    batch: Handler,
    *,
    rights: Mapping[str, Rights],
    batch_rights: Rights | None,
    keys: "KeyHandlers | None" = None,
    keys_role: str | None = None,
    token: MetricsToken | None = None,
    details: bool = True,
    pages: Sequence[Route] = (),
) -> list[Route]:
    """Every route of the service's own port.

    `rights` are by the names of resources, of which those without are for everyone. `keys` are administered
    by those who have `keys_role`; without it they have no routes. Where another port has
    metrics and health, `details` is false: no metrics then, and of health only the upshot. `token` is what
    they ask for. `pages` are the routes of those that are on.
    """
    return [
        *(operators_table(operations, token) if details else _health_routes(operations, operations.upshot)),
        make_route("/openapi.json", {"GET": operations.openapi}),
        make_route(
            f"{API_PREFIX}/openapi.json", {"GET": operations.versioned_openapi}, check=refuse_parameters
        ),
        *_batch_routes(batch, batch_rights),
        *(() if keys is None or keys_role is None else _key_routes(keys, keys_role)),
        *(
            route
            for handlers in collections
            for route in _record_routes(handlers, rights.get(handlers.resource.name))
        ),
        *pages,
    ]


def operators_table(operations: OperatorHandlers, token: MetricsToken | None = None) -> list[Route]:
    """The routes that operators' tools ask for, with every detail: all that the port of their own has."""
    health: Handler = operations.health
    metrics: Handler = operations.metrics
    if token is not None:
        health = token.preferred(health, operations.upshot)
        metrics = token.demanded(metrics)
    return [
        *_health_routes(operations, health),
        make_route("/metrics", {"GET": metrics}, limited=False, essential=True),
    ]


def _health_routes(operations: OperatorHandlers, health: Handler) -> list[Route]:
    return [
        make_route("/", {"GET": health}, limited=False, essential=True),
        make_route("/health", {"GET": health}, limited=False, essential=True),
        make_route("/health/live", {"GET": operations.live}, limited=False, essential=True),
        make_route("/health/ready", {"GET": operations.ready}, limited=False, essential=True),
        Route("*", {"OPTIONS": _ping}, limited=False, essential=True, methods=("OPTIONS",)),
    ]


def _batch_routes(batch: Handler, rights: Rights | None) -> list[Route]:
    """Who is let in: what each operation asks for is decided when it is known."""
    return [
        make_route(BATCH_PATH, {"POST": batch}, rights=rights, check=check_write),
        make_route(BATCH_PATH.replace(API_PREFIX, UNVERSIONED_PREFIX), {"POST": _moved}, rights=rights),
    ]


def _key_routes(handlers: "KeyHandlers", role: str) -> list[Route]:
    """A bearer that has `role` may do everything there, whatever its scopes."""
    rule = Rule(Role(role))
    rights = Rights(rule, rule, rule, rule)
    many: dict[str, Handler] = {"GET": handlers.list, "POST": handlers.create}
    one: dict[str, Handler] = {"GET": handlers.read, "DELETE": handlers.revoke}
    rotation: dict[str, Handler] = {"POST": handlers.rotate}
    return [
        make_route(KEYS_PATH, many, rights=rights, actions=_ON_MANY),
        make_route(f"{KEYS_PATH}/{RECORD_ID}", one, rights=rights, actions=_ON_ONE),
        make_route(f"{KEYS_PATH}/{RECORD_ID}/rotate", rotation, rights=rights, actions=_ON_MANY),
    ]


def _record_routes(handlers: RecordHandlers, rights: Rights | None) -> list[Route]:
    name = handlers.resource.name
    many, one = f"{API_PREFIX}/{name}", f"{API_PREFIX}/{name}/{RECORD_ID}"
    old_many, old_one = f"{UNVERSIONED_PREFIX}/{name}", f"{UNVERSIONED_PREFIX}/{name}/{RECORD_ID}"
    moved = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"), _moved)
    route = partial(make_route, rights=rights)
    on_many: dict[str, Handler] = {
        "GET": handlers.list,
        "POST": handlers.create,
        "QUERY": handlers.query,
    }
    queried: dict[str, Handler] = {"POST": handlers.query}
    return [
        route(many, on_many, actions=_ON_MANY, headers=(ACCEPT_QUERY,), check=handlers.check_many),
        route(f"{many}{QUERY_PATH}", queried, actions=_QUERIED, check=refuse_parameters),
        route(
            one,
            _on_one(handlers.read, handlers.change),
            actions=_ON_ONE,
            headers=(ACCEPT_PATCH,),
            check=handlers.check_one,
        ),
        *(
            route(
                f"{each.paths.prefix}{VALUE}",
                _on_one(each.read, each),
                actions=_BY_VALUE,
                headers=(ACCEPT_PATCH,),
                check=each.check,
            )
            for each in handlers.by_value
        ),
        route(old_many, moved, actions=_ON_MANY),
        route(f"{old_many}{QUERY_PATH}", {"POST": _moved}, actions=_QUERIED),
        route(old_one, moved, actions=_ON_ONE),
    ]


def _on_one(read: Handler, change: ChangeHandlers | ByValue) -> dict[str, Handler]:
    return {"GET": read, "PUT": change.put, "PATCH": change.patch, "DELETE": change.delete}


def make_route(
    template: str,
    handlers: Mapping[str, Handler],
    *,
    limited: bool = True,
    essential: bool = False,
    rights: Rights | None = None,
    actions: Mapping[str, Action] = MappingProxyType({}),
    headers: tuple[Header, ...] = (),
    check: Callable[[str], None] | None = None,
    place: str | None = None,
) -> Route:
    """A route with what follows from its handlers: HEAD wherever there is GET, OPTIONS everywhere.

    `headers` are those of the answer to OPTIONS besides `Allow`; `check` raises for parameters that none of
    them knows.
    `place` is the form of its paths where that is not `template`.
    """
    methods = [*handlers, "OPTIONS"]
    if "GET" in handlers:
        methods.insert(methods.index("GET") + 1, "HEAD")
    allow = ("allow", ", ".join(methods))

    def options(request: Request) -> Response:
        if check is not None and request.query:
            check(request.query)
        return Response(204, headers=(allow, *headers))

    complete: dict[str, Handler] = {**handlers, "OPTIONS": options}
    if "GET" in handlers:
        complete["HEAD"] = handlers["GET"]
    return Route(template, complete, limited, essential, tuple(methods), rights, actions, place)


def _ping(_: Request) -> Response:
    """What is asked of the server itself (RFC 9110, 9.3.7): whether it is there, and its methods."""
    return Response(204, headers=(("allow", EVERY_METHOD),))


def _moved(request: Request) -> Response:
    """The address without a version leads to version 1, method and body unchanged (RFC 9110, 308)."""
    path = API_PREFIX + request.path.removeprefix(UNVERSIONED_PREFIX)
    location = quote(path, safe="/%") + (
        f"?{quote(request.query, safe='=&%+,:;@!$()*/?~-._')}" if request.query else ""
    )
    return Response(308, headers=(("location", location),))
