"""How often a client may ask."""

from estuary.config.forms import BOOLEAN, choice, whole_number
from estuary.config.networks import NETWORKS
from estuary.config.variable import Variable


class RateLimitVariables:
    """The section "Rate limit"."""

    __slots__ = ()
    SECTION = "Rate limit"

    rate_limit_enabled = Variable(
        BOOLEAN,
        default="true",
        summary="Whether requests are limited per client.",
    )

    rate_limit_max_requests = Variable(
        whole_number(1, 1_000_000_000),
        default="1000",
        production="100",
        summary="How many requests a client may make in any window; those beyond are answered 429.",
    )

    rate_limit_window_seconds = Variable(
        whole_number(1, 86_400),
        default="60",
        summary="The length of that window.",
    )

    rate_limit_by = Variable(
        choice("address", "subject"),
        default="address",
        summary="Whose requests are counted: those of an address; with subject, also those of a token's or "
        "an API key's subject, from whatever addresses.",
    )

    rate_limit_max_clients = Variable(
        whole_number(1, 16_777_216),
        default="65536",
        summary="How many clients are counted apart, which bounds memory; those beyond share counts.",
    )

    rate_limit_store = Variable(
        choice("auto", "local", "redis", "postgres"),
        default="auto",
        summary="Where requests are counted: local is this machine, all its workers together; redis and "
        "postgres are all replicas together; auto is redis where REDIS_URL is set, else local.",
    )

    rate_limit_on_outage = Variable(
        choice("local", "allow", "deny"),
        default="local",
        summary="What holds while Redis or PostgreSQL does not count: local counts on each machine, allow "
        "lets everything pass, deny answers 503.",
    )

    trusted_proxies = Variable(
        NETWORKS,
        summary="The proxies in front of Estuary, whose X-Forwarded-For and Forwarded are believed.",
    )
