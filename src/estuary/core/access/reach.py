"""Reach: whose records of a resource one asker may do something with, where a write concerns several."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity


class Whose(msgspec.Struct, frozen=True):
    """Whose records: those of `owner`, of all owners where that is None; of none where it `is_refused`."""

    owner: str | None = None
    is_refused: bool = False

    def admits(self, owner: str) -> bool:
        """Whether a record of `owner` is one of them."""
        return not self.is_refused and self.owner in (None, owner)


EVERYONES: Final = Whose()
NOBODYS: Final = Whose(is_refused=True)
Reach: TypeAlias = Callable[[Identity | None, str, Action], Whose]
"""Gives the reach of an asker, for the name of a resource and an action."""
