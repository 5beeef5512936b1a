"""Settings of the cache of records."""

from estuary.config.forms import choice, whole_number
from estuary.config.variable import Variable


class CacheVariables:
    """The section "Cache"."""

    __slots__ = ()
    SECTION = "Cache"

    cache_type = Variable(
        choice("none", "local", "redis"),
        default="none",
        summary="Where single records that were read are cached; local is each worker's memory, "
        "redis is where REDIS_URL says, for all replicas.",
    )

    cache_max_entries = Variable(
        whole_number(1, 10_000_000),
        default="10000",
        summary="How many records of a resource a local cache holds; those not asked for longest go first.",
    )

    cache_ttl_seconds = Variable(
        whole_number(1, 3600),
        default="30",
        summary="How long a record is cached, which bounds how late another replica sees a change.",
    )
