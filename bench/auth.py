"""What authentication costs: a read with a token that is known, and with one that has to be verified."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import exchange, load
from bench.apps.answers import LIST_PATH
from bench.contenders import Contender
from bench.contenders.contender import SCRATCH
from bench.contenders.estuary import environment
from bench.exchange import Exchange
from bench.load import Load
from bench.process import Launch, Server
from bench.question import Settings
from bench.series import Latency, Series
from estuary.auth.trial import TrialKeys, public_path
from estuary.auth.verified import MAX_TOKENS

FRESH = MAX_TOKENS + 1000
"""More tokens than are remembered: used in turn, each is forgotten before its turn comes again."""

_WARM_UP = 300
_ISSUER, _AUDIENCE = "https://issuer.bench", "https://items.bench"


@dataclass(frozen=True)
class Auth:
    """Reads of one item from memory: of an open service, and of one that asks for tokens."""

    name: str = "auth"
    title: str = "Read one item, with a token"
    base: str = "open"

    def measure(self, settings: Settings) -> list[Series]:
        """Start the services, interleave the rounds, stop them."""
        with ExitStack() as running:
            lanes = _lanes(settings, running)
            for _ in range(settings.rounds):
                for lane in lanes:
                    lane.run(settings)
            return [lane.series(self.name) for lane in lanes]


@dataclass
class _Lane:
    """One way to ask a server that runs as long as the question is asked, and what it has measured."""

    subject: str
    label: str
    server: Server
    exchange: Exchange
    loads: list[Load] = field(default_factory=list)

    def run(self, settings: Settings) -> None:
        self.loads.append(
            load.run(self.server.origin, self.exchange, settings.seconds, settings.cores.load)
        )

    def series(self, question: str) -> Series:
        return _series(self, question)


@dataclass
class _FreshLane:
    """Tokens that are never known: each round has its own server, which remembers none of them."""

    subject: str
    label: str
    contender: Contender
    header: tuple[str, ...]
    tokens: Path
    loads: list[Load] = field(default_factory=list)

    def run(self, settings: Settings) -> None:
        with self.contender.running(settings.cores.server) as server:
            asked = _read(server, self.header)
            self.loads.append(
                load.run(server.origin, asked, settings.seconds, settings.cores.load, tokens=self.tokens)
            )

    def series(self, question: str) -> Series:
        return _series(self, question)


def _series(lane: _Lane | _FreshLane, question: str) -> Series:
    rates = tuple(done.rate for done in lane.loads)
    latencies = tuple(Latency(done.p50_us, done.p99_us) for done in lane.loads)
    return Series(question, lane.subject, lane.label, "req/s", rates, ours=True, latencies=latencies)


def _lanes(settings: Settings, running: ExitStack) -> list[_Lane | _FreshLane]:
    SCRATCH.mkdir(exist_ok=True)
    folder = Path(running.enter_context(TemporaryDirectory(prefix="bench-auth-", dir=SCRATCH)))
    keys = TrialKeys.new("RS256")
    keys.write(folder / "keys.json")
    tokens = folder / "tokens"
    tokens.write_text("".join(f"{_token(keys, number)}\n" for number in range(FRESH)))
    known = (f"Authorization: Bearer {_token(keys, FRESH)}",)
    asking = _asking(folder)
    contenders = _contender({}), _contender(asking), _contender(asking | {"AUTH_FAILURE_LIMIT": "1"})
    core = settings.cores.server
    free, closed, strict = (running.enter_context(contender.running(core)) for contender in contenders)
    return [
        _Lane("open", "Estuary, memory: no authentication", free, _read(free, ())),
        _Lane("known", "Estuary, memory: one token, again and again", closed, _read(closed, known)),
        _Lane("blocked", "Estuary, memory: a client with too many bad tokens", strict, _blocked(strict)),
        _FreshLane("fresh", "Estuary, memory: fresh RS256 tokens", contenders[1], known, tokens),
    ]


def _contender(asking: dict[str, str]) -> Contender:
    """A production service on memory; but keys in a file are for development, whose profile it has."""

    def launch(port: int, folder: Path) -> Launch:
        settings = environment("memory", port, folder) | {
            "APP_PROFILE": "development",
            "SECURITY_STRICT_MODE": "true",
            **asking,
        }
        return Launch([sys.executable, "-m", "estuary", "serve"], settings)

    return Contender("auth" if asking else "open", "Estuary", launch, keeps=True, ours=True)


def _asking(folder: Path) -> dict[str, str]:
    return {
        "AUTH_ENABLED": "true",
        "AUTH_JWKS_URLS": f"file://{public_path(folder / 'keys.json')}",
        "AUTH_ISSUER": _ISSUER,
        "AUTH_AUDIENCE": _AUDIENCE,
    }


def _token(keys: TrialKeys, number: int) -> str:
    now = int(time.time())
    return keys.sign(
        {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": f"user-{number}",
            "iat": now,
            "exp": now + 86_400,
            "scope": "items:read items:write",
        }
    )


def _read(server: Server, headers: tuple[str, ...]) -> Exchange:
    """The read of an item that is made for it; proven right, and warm."""
    created = exchange.once(server.origin, replace(exchange.create(), headers=headers))
    asked = replace(exchange.read(created["id"]), headers=headers)
    exchange.repeat(server.origin, asked, _WARM_UP)
    return asked


def _blocked(server: Server) -> Exchange:
    """A bad token of a client that has sent too many; the first one, which is looked at, is made here."""
    headers = ("Authorization: Bearer letmein",)
    refused = Exchange("GET", LIST_PATH, 401, lambda reported: bool(reported["error"] == "UNAUTHORIZED"))
    exchange.once(server.origin, replace(refused, headers=headers))
    blocked = Exchange(
        "GET", LIST_PATH, 429, lambda reported: bool(reported["error"] == "RATE_LIMIT_EXCEEDED")
    )
    return replace(blocked, headers=headers)
