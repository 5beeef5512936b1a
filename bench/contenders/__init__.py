"""Who takes part: each module says how one kind of server is started."""

from bench.contenders.contender import Contender
from bench.contenders.estuary import ESTUARY_MEMORY, ESTUARY_SOURCE, ESTUARY_SQLITE
from bench.contenders.fastapi import FASTAPI
from bench.contenders.granian import BARE_ASGI, BARE_RSGI
from bench.contenders.nginx import NGINX

CONTENDERS: tuple[Contender, ...] = (
    NGINX,
    BARE_RSGI,
    BARE_ASGI,
    ESTUARY_MEMORY,
    ESTUARY_SQLITE,
    ESTUARY_SOURCE,
    FASTAPI,
)

__all__ = ["CONTENDERS", "Contender"]
