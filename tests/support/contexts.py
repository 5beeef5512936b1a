"""What use cases are given in tests."""

from collections.abc import Callable

from estuary.core.ports import Observer
from estuary.core.service_context import ServiceContext
from estuary.stores.contention import Contention
from tests.support.clocks import SettableClock


def make_context(
    new_id: Callable[[], str],
    *,
    clock: SettableClock | None = None,
    observe: Observer = lambda _: None,
    require_index: bool = False,
    one_direction: bool = False,
) -> ServiceContext:
    """A context in which pauses between attempts pass at once."""
    clock = clock or SettableClock()
    return ServiceContext(
        clock=clock,
        new_id=new_id,
        observe=observe,
        attempts=Contention(clock.monotonic, clock.sleep).attempts,
        require_index=require_index,
        one_direction=one_direction,
    )
