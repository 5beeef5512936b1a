"""The URL table: the API's index."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from estuary.http.guards.body import ACCEPT_PATCH, ACCEPT_QUERY
from estuary.http.guards.metrics_token import MetricsToken
from estuary.http.kernel import RECORD_ID, VALUE
from estuary.http.messages import EVERY_METHOD, Handler, Header, Request, Response, Route
from estuary.http.operations import Operations
from estuary.http.records.by_value import ByValue
from estuary.http.records.handlers import RecordHandlers
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.querying import QUERY_PATH
from estuary.http.records.write_headers.write_parameters import check_write
from estuary.http.scopes import NO_SCOPES, Scopes

API_PREFIX = "/api/v1"
UNVERSIONED_PREFIX = "/api"
BATCH_PATH = f"{API_PREFIX}/batch"


def table(
    operations: Operations,
    collections: Sequence[RecordHandlers],
    batch: Handler,
    *,
    scopes: Scopes = NO_SCOPES,
    token: MetricsToken | None = None,
    details: bool = True,
) -> list[Route]:
    """Every route of the service's own port.

    Where another port has them, `details` is false: no metrics then, and of health only the upshot. `token`
    is what they ask for.
    """
    return [
        *(operators_table(operations, token) if details else _health_routes(operations, operations.upshot)),
        _route("/openapi.json", {"GET": operations.openapi}),
        _route(
            f"{API_PREFIX}/openapi.json", {"GET": operations.versioned_openapi}, check=refuse_parameters
        ),
        *_batch_routes(batch),
        *(route for handlers in collections for route in _record_routes(handlers, scopes)),
    ]


def operators_table(operations: Operations, token: MetricsToken | None = None) -> list[Route]:
    """The routes that operators' tools ask for, with every detail: all that the port of their own has."""
    health: Handler = operations.health
    metrics: Handler = operations.metrics
    if token is not None:
        health = token.preferred(health, operations.upshot)
        metrics = token.demanded(metrics)
    return [
        *_health_routes(operations, health),
        _route("/metrics", {"GET": metrics}, limited=False, essential=True),
    ]


def _health_routes(operations: Operations, health: Handler) -> list[Route]:
    return [
        _route("/", {"GET": health}, limited=False, essential=True),
        _route("/health", {"GET": health}, limited=False, essential=True),
        _route("/health/live", {"GET": operations.live}, limited=False, essential=True),
        _route("/health/ready", {"GET": operations.ready}, limited=False, essential=True),
        Route("*", {"OPTIONS": _ping}, limited=False, essential=True, methods=("OPTIONS",)),
    ]


def _batch_routes(batch: Handler) -> list[Route]:
    """A token is enough to be let in: what it must grant, the operations say."""
    return [
        _route(BATCH_PATH, {"POST": batch}, scopes={}, check=check_write),
        _route(BATCH_PATH.replace(API_PREFIX, UNVERSIONED_PREFIX), {"POST": _moved}, scopes={}),
    ]


def _record_routes(handlers: RecordHandlers, scopes: Scopes) -> list[Route]:
    name = handlers.resource.name
    many, one = f"{API_PREFIX}/{name}", f"{API_PREFIX}/{name}/{RECORD_ID}"
    moved = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"), _moved)
    needed = scopes.of(name)
    on_many: dict[str, Handler] = {
        "GET": handlers.list,
        "POST": handlers.create,
        "QUERY": handlers.query,
    }
    by_post = {"POST": needed["QUERY"]} if needed else {}
    on_one: dict[str, Handler] = {
        "GET": handlers.read,
        "PUT": handlers.put,
        "PATCH": handlers.patch,
        "DELETE": handlers.delete,
    }
    return [
        _route(many, on_many, scopes=needed, told=(ACCEPT_QUERY,), check=handlers.check_many),
        _route(f"{many}{QUERY_PATH}", {"POST": handlers.query}, scopes=by_post, check=refuse_parameters),
        _route(one, on_one, scopes=needed, told=(ACCEPT_PATCH,), check=handlers.check_one),
        *(_by_value_route(each, needed) for each in handlers.by_value),
        _route(f"{UNVERSIONED_PREFIX}/{name}", moved, scopes=needed),
        _route(f"{UNVERSIONED_PREFIX}/{name}{QUERY_PATH}", {"POST": _moved}, scopes=by_post),
        _route(f"{UNVERSIONED_PREFIX}/{name}/{RECORD_ID}", moved, scopes=needed),
    ]


def _by_value_route(handlers: ByValue, scopes: Mapping[str, str]) -> Route:
    methods: dict[str, Handler] = {
        "GET": handlers.read,
        "PUT": handlers.put,
        "PATCH": handlers.patch,
        "DELETE": handlers.delete,
    }
    template = f"{handlers.prefix}{VALUE}"
    return _route(template, methods, scopes=scopes, told=(ACCEPT_PATCH,), check=handlers.check)


def _route(
    template: str,
    handlers: Mapping[str, Handler],
    *,
    limited: bool = True,
    essential: bool = False,
    scopes: Mapping[str, str] | None = None,
    told: tuple[Header, ...] = (),
    check: Callable[[str], None] | None = None,
) -> Route:
    """A route with what follows from its handlers: HEAD wherever there is GET, OPTIONS everywhere.

    `told` is what OPTIONS tells beside the methods, `check` raises for parameters that none of them knows.
    """
    methods = [*handlers, "OPTIONS"]
    if "GET" in handlers:
        methods.insert(methods.index("GET") + 1, "HEAD")
    allow = ("allow", ", ".join(methods))

    def options(request: Request) -> Response:
        if check is not None and request.query:
            check(request.query)
        return Response(204, headers=(allow, *told))

    complete: dict[str, Handler] = {**handlers, "OPTIONS": options}
    if "GET" in handlers:
        complete["HEAD"] = handlers["GET"]
    protected = scopes is not None
    return Route(template, complete, limited, essential, tuple(methods), protected, scopes or {})


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
