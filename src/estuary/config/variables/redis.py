"""The Redis that replicas share."""

from estuary.config.forms import PREFIX
from estuary.config.redis import REDIS_URL
from estuary.config.variable import Variable


class RedisVariables:
    """The section "Redis"."""

    __slots__ = ()
    SECTION = "Redis"

    redis_url = Variable(
        REDIS_URL,
        secret=True,
        summary="The Redis in which replicas count one rate limit together; rediss:// speaks TLS.",
    )

    redis_prefix = Variable(
        PREFIX,
        default="estuary:",
        summary="What every name in that Redis begins with; services that share one differ in it.",
    )
