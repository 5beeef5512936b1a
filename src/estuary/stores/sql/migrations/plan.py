"""The plan for tables that do not fit the declaration."""

from typing import NamedTuple


class Plan(NamedTuple):
    """The statements that make tables fit, in their order; where there are `refusals`, none is to be run.

    The tables named in `rebuilt` have lost their indexes and triggers then.
    """

    statements: list[str]
    refusals: list[str]
    rebuilt: set[str]


UNCHANGED = Plan([], [], set())
"""Nothing: the tables that are there fit, or were not looked at."""
