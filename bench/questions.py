"""The questions, in the order they are asked and reported."""

from collections.abc import Callable

from bench import exchange
from bench.auth import Auth
from bench.batches import BATCH_QUESTIONS
from bench.contenders import Contender
from bench.contenders.estuary import ESTUARY_MEMORY, ESTUARY_SOURCE, ESTUARY_SQLITE
from bench.contenders.fastapi import FASTAPI
from bench.contenders.granian import BARE_ASGI, BARE_RSGI
from bench.contenders.nginx import NGINX
from bench.costliest import Costliest
from bench.exchange import Exchange
from bench.filtered import Filtered
from bench.footprint import Footprint
from bench.instructions import INSTRUCTION_QUESTIONS
from bench.limits import Limits
from bench.postgres import POSTGRES_QUESTIONS
from bench.question import Entry, Question
from bench.refusals import Refusals
from bench.reload import Reload
from bench.scale import Scale
from bench.startup import Startup
from bench.throughput import Throughput
from bench.transfer import Transfer

Asked = Callable[[str], Exchange]


def _entries(asked: Asked, *contenders: Contender) -> list[Entry]:
    return [Entry(contender.name, contender.label, contender, asked) for contender in contenders]


def _create(_: str) -> Exchange:
    return exchange.create()


def _page(_: str) -> Exchange:
    return exchange.page()


def _health(_: str) -> Exchange:
    return exchange.health()


def _unknown(_: str) -> Exchange:
    return exchange.unknown()


QUESTIONS: tuple[Question, ...] = (
    Throughput(
        "read",
        "Read one item as JSON",
        "rsgi",
        _entries(
            exchange.read,
            *(NGINX, BARE_RSGI, BARE_ASGI, ESTUARY_MEMORY, ESTUARY_SOURCE, ESTUARY_SQLITE, FASTAPI),
        ),
    ),
    Throughput(
        "create",
        "Create an item",
        "rsgi",
        _entries(_create, BARE_RSGI, ESTUARY_MEMORY, ESTUARY_SQLITE, FASTAPI),
    ),
    Throughput(
        "list",
        "List 20 items",
        "rsgi",
        _entries(_page, BARE_RSGI, ESTUARY_MEMORY, ESTUARY_SQLITE, FASTAPI),
    ),
    Throughput(
        "health",
        "Health report, beside a read",
        "memory-read",
        [
            Entry("memory-read", "Estuary, memory: one item", ESTUARY_MEMORY, exchange.read),
            Entry("memory", "Estuary, memory: /health", ESTUARY_MEMORY, _health),
            Entry("fastapi", "FastAPI + uvicorn: /health", FASTAPI, _health),
        ],
    ),
    Throughput(
        "404",
        "Read an item that does not exist",
        "memory",
        _entries(_unknown, ESTUARY_MEMORY, ESTUARY_SQLITE, FASTAPI),
    ),
    *POSTGRES_QUESTIONS,
    *BATCH_QUESTIONS,
    Filtered(),
    Limits(),
    Auth(),
    Refusals(),
    Costliest(),
    Scale(),
    Transfer(),
    *INSTRUCTION_QUESTIONS,
    Startup(),
    Reload(),
    Footprint(),
)
