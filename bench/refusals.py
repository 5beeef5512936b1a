"""How long it takes to refuse a forged token: every kind that the tests know, in process."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from bench.question import Settings
from bench.series import Series, times
from estuary.auth.tokens import JwtVerifier
from estuary.core.errors import Unauthenticated
from tests.support.forgeries import Forger
from tests.support.issuer import keys_of
from tests.unit.auth.sources import ISSUER, World

_TIMES = 20


@dataclass(frozen=True)
class Refusals:
    """The time of the slowest kind of forgery, and of the median one."""

    name: str = "refusals"
    title: str = "Refuse a forged token"
    base: str = "slowest"

    def measure(self, settings: Settings) -> list[Series]:
        """Refuse each kind a few times, round after round."""
        measured = [sorted(asyncio.run(_refusals())) for _ in range(settings.rounds)]
        rounds = [{"slowest": each[-1], "middle": each[len(each) // 2]} for each in measured]
        labels = {"slowest": "the slowest kind", "middle": "the median kind"}
        return times(self.name, "µs", labels, rounds, ours=labels)


async def _refusals() -> list[float]:
    """For each kind of forgery, the microseconds of processor time that one refusal takes."""
    world = World(keys_of("RS256"), keys_of("ES256"), keys_of("EdDSA"))
    await world.source.refresh()
    forgeries = Forger(ISSUER, keys_of("RS256"), "http://127.0.0.1:9").every()
    return [await _time(world.verifier, token) for token in forgeries.values()]


async def _time(verifier: JwtVerifier, token: str) -> float:
    begun = time.process_time()
    for _ in range(_TIMES):
        with suppress(Unauthenticated):
            await verifier.verify(token, token)
    return (time.process_time() - begun) / _TIMES * 1e6
