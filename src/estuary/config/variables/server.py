"""How requests come in, and how the process ends."""

from estuary.config.forms import or_auto, whole_number
from estuary.config.networks import HOST
from estuary.config.public_url import PUBLIC_URL
from estuary.config.variable import Variable

MAX_WORKERS = 64


class ServerVariables:
    """The section "Server"."""

    __slots__ = ()
    SECTION = "Server"

    host = Variable(
        HOST,
        default="0.0.0.0",  # noqa: S104  # a service in a container is reached from outside
        summary="The address to listen on; 127.0.0.1 keeps it to this machine, :: adds IPv6.",
    )

    port = Variable(
        whole_number(1, 65_535),
        default="3000",
        summary="The TCP port to listen on.",
    )

    public_url = Variable(
        PUBLIC_URL,
        summary="Where clients reach the service, through whatever stands in front of it; "
        "`estuary check --deploy` asks there.",
    )

    workers = Variable(
        or_auto(whole_number(1, MAX_WORKERS)),
        default="1",
        aliases=("TOKIO_WORKER_THREADS",),
        summary="How many worker processes serve requests; auto is one a processor, and one in all where "
        "records are kept in memory.",
    )

    max_connections = Variable(
        whole_number(16, 65_536),
        default="4096",
        summary="How many connections a worker holds, as far as the limit on open files has room for them; "
        "past it the one that is idle longest is closed.",
    )

    keep_alive_seconds = Variable(
        whole_number(1, 3600),
        default="75",
        summary="How long a connection may be idle: longer than a proxy in front keeps its own, "
        "or requests are lost between the two.",
    )

    request_head_timeout_seconds = Variable(
        whole_number(1, 300),
        default="10",
        summary="How long a request's head may take to arrive; a slower one is answered 408.",
    )

    max_body_bytes = Variable(
        whole_number(1024, 1024**3),
        default=str(2 * 1024**2),
        summary="The longest request body, in bytes; a longer one is answered 413.",
    )

    request_body_timeout_seconds = Variable(
        whole_number(1, 300),
        default="15",
        summary="How long a request body may take to arrive; a slower one is answered 408.",
    )

    max_in_flight = Variable(
        whole_number(1, 65_536),
        default="1024",
        summary="How many requests are worked on at a time; those beyond are answered 503 at once.",
    )

    shutdown_timeout_seconds = Variable(
        whole_number(1, 300),
        default="30",
        summary="How long a shutdown may take in all; what is unfinished then is cut off.",
    )

    shutdown_drain_seconds = Variable(
        whole_number(0, 60),
        default="0",
        production="2",
        summary="How long readiness says 503 before the port closes, so that load balancers look away; "
        "less than SHUTDOWN_TIMEOUT_SECONDS.",
    )
