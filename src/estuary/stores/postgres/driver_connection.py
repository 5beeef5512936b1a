"""A connection to the server, as far as Estuary uses the driver's."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol


class Connection(Protocol):
    """One of asyncpg's, which ships no types; `timeout` is in seconds.

    https://magicstack.github.io/asyncpg/current/api/index.html#connection
    """

    def execute(self, query: str, *arguments: object, timeout: float | None = None) -> Awaitable[str]:
        """Run a statement, or without arguments several; what the server says of it."""
        ...

    def fetch(self, query: str, *arguments: object, timeout: float | None = None) -> Awaitable[list[Any]]:
        """Every row."""
        ...

    def fetchrow(self, query: str, *arguments: object, timeout: float | None = None) -> Awaitable[Any]:
        """The first row, or None without rows."""
        ...

    def fetchval(self, query: str, *arguments: object, timeout: float | None = None) -> Awaitable[Any]:
        """The first value of the first row."""
        ...

    def copy_records_to_table(
        self, table: str, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> Awaitable[str]:
        """Add rows by the protocol's COPY."""
        ...

    def set_type_codec(
        self,
        typename: str,
        *,
        schema: str,
        encoder: Callable[[Any], Any],
        decoder: Callable[[Any], Any],
        format: str,  # noqa: A002 (the driver's name for it)
    ) -> Awaitable[None]:
        """Have values of a type sent by `encode` and read by `decode`."""
        ...

    def add_termination_listener(self, listener: Callable[["Connection"], None]) -> None:
        """Have `listener` called once when the connection ends, from whichever side."""
        ...

    def get_server_pid(self) -> int:
        """The process that the server named when the connection was made."""
        ...

    def is_closed(self) -> bool:
        """Whether it has ended."""
        ...

    def is_in_transaction(self) -> bool:
        """Whether a transaction is open on it."""
        ...

    def terminate(self) -> None:
        """End it here and now, whatever it is at."""
        ...
