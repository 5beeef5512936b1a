"""The port through which writes wait that others got in the way of."""

from types import TracebackType
from typing import Protocol, Self

from estuary.core.record import Place


class Attempts(Protocol):
    """The attempts at a write that others may get in the way of; what is waited for ends with the block."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None: ...

    async def lost(self, place: Place) -> None:
        """An attempt failed, for another one wrote to the record there: return when to try again.

        Raises `WriteContention` when the time for attempts is over. Who waits may have the turn of what
        it is a part of: of the value that names the record, of the request; never the reverse.
        """
        ...
