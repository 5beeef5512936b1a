"""A question: what is measured, on whom, and which answer the others are compared to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.contenders import Contender
from bench.cores import Cores
from bench.exchange import Exchange
from bench.series import Series

ROUNDS, SECONDS, LARGE = 5, 2, 1_000_000
"""How thorough a run is unless asked otherwise; no published run is less so."""


@dataclass(frozen=True)
class Settings:
    """How thoroughly to measure. `only` names the contenders that take part (all where it is empty)."""

    cores: Cores
    rounds: int = ROUNDS
    seconds: int = SECONDS
    only: frozenset[str] = frozenset()
    large: int = LARGE
    """How many records a large store holds where growth is measured."""

    def includes(self, contender: Contender) -> bool:
        """Whether the contender takes part: asked for and installed."""
        return (not self.only or contender.name in self.only) and contender.available()


@dataclass(frozen=True)
class Entry:
    """One line of a question's answer: a contender and what it is asked.

    `exchange` is given the id of an item that the contender keeps.
    """

    subject: str
    label: str
    contender: Contender
    exchange: Callable[[str], Exchange]


class Question(Protocol):
    """What one part of a run measures."""

    @property
    def name(self) -> str:
        """What `--questions` takes."""
        ...

    @property
    def title(self) -> str:
        """What stands above its figures."""
        ...

    @property
    def base(self) -> str:
        """The subject that ratios are taken to."""
        ...

    def measure(self, settings: Settings) -> list[Series]:
        """A series of each subject that takes part; raises `LoadFailed`, `WrongAnswer`, `NotReady`."""
        ...
