"""Balance: how many connections each process holds, by which they are shared out evenly.

It stands apart from the acceptor, which needs asyncio: the supervisor needs only this.
"""

from typing import Final

from estuary.shared_memory import Words

_ABSENT: Final = 0
"""The word of a process that is not running; of one that is, one more than its connections."""


class Balance:
    """How many connections each process holds: in `held`, where each writes the word of its own number.

    The system wakes all processes that wait on a socket, or any of them, and the first one takes as many
    connections as there are: of 32, one process would often have 30 and do all the work.
    """

    def __init__(self, held: Words, number: int) -> None:
        self._held = held
        self._number = number
        self._others = [each for each in range(len(held)) if each != number]
        held[number] = _ABSENT + 1

    @property
    def alone(self) -> bool:
        """Whether there can be no other process."""
        return not self._others

    @property
    def is_next(self) -> bool:
        """Whether no other running process holds fewer connections than this one."""
        held = self._held
        ours = held[self._number]
        return all(held[each] >= ours or held[each] == _ABSENT for each in self._others)

    def opened(self) -> None:
        """Count one more connection of this process."""
        self._held[self._number] += 1

    def closed(self) -> None:
        """Count one connection of this process less."""
        self._held[self._number] -= 1


def leave(held: Words, number: int) -> None:
    """Let the others know that the process of that number is not running."""
    held[number] = _ABSENT


ALONE: Final = Balance([_ABSENT], 0)
