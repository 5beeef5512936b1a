"""Turns: which of several processes takes the next connection from the socket that they share."""

from estuary.shared_memory import Words

_NOBODY = 0
"""What stands for a process that is not there; what is stands as one more than its connections."""


class Turns:
    """How many connections each process holds: in `held`, where each writes the word of its own number.

    The system wakes all that wait on a socket, or any of them, and the first to come takes as many
    connections as there are: of 32, one process would often have 30 and do all the work.
    """

    def __init__(self, held: Words, number: int) -> None:
        self._held = held
        self._number = number
        self._others = [each for each in range(len(held)) if each != number]
        held[number] = _NOBODY + 1

    @property
    def alone(self) -> bool:
        """Whether there can be no other process."""
        return not self._others

    @property
    def mine(self) -> bool:
        """Whether no other process that is there holds fewer connections than this one."""
        held = self._held
        ours = held[self._number]
        return all(held[each] >= ours or held[each] == _NOBODY for each in self._others)

    def took(self) -> None:
        """A connection more is held here."""
        self._held[self._number] += 1

    def ended(self) -> None:
        """A connection less is held here."""
        self._held[self._number] -= 1


def leave(held: Words, number: int) -> None:
    """Let the others know that the process of that number is not there."""
    held[number] = _NOBODY


ALONE = Turns([_NOBODY], 0)
