"""What kinds have in common."""

import pytest

from estuary.core.kinds.choice import Choice
from estuary.core.kinds.constraints import Lengths, Precision, Range
from estuary.core.kinds.date import Date
from estuary.core.kinds.decimal import FixedPoint
from estuary.core.kinds.every import KINDS
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.list import List
from estuary.core.kinds.text import Text
from estuary.core.kinds.uuid import Uuid

DECLARED = [
    Text(),
    Text(Lengths(1)),
    Text(pattern="a"),
    Text().nullable(),
    Integer(),
    Integer(Range(1)),
    Float(),
    Float(Range(1)),
    FixedPoint(Precision(12, 2)),
    FixedPoint(Precision(12, 4)),
    Date(),
    Uuid(),
    Choice(("a",)),
    Choice(("a", "b")),
    List(Text()),
    List(Text(), Lengths(1)),
    List(Text(Lengths(1))),
    List(Date()),
    List(Integer(), Lengths(1)),
]


@pytest.mark.parametrize("declared", DECLARED, ids=repr)
def test_kinds_are_equal_where_they_are_declared_alike(declared: Kind) -> None:
    """Their rules say all of them; so a cache that replicas share is found by what they declare."""
    again = type(declared)(*declared.rules)
    assert (declared, hash(declared), repr(declared)) == (again, hash(again), repr(again))
    assert [declared] == [other for other in DECLARED if other == declared]
    assert [repr(declared)] == [each for each in map(repr, DECLARED) if each == repr(declared)]


def test_each_kind_says_how_it_is_declared() -> None:
    """In words of its own, for a message lists them all."""
    assert len(KINDS) == len({kind.annotation for kind in KINDS})


@pytest.mark.parametrize("kind", DECLARED, ids=repr)
def test_a_kind_is_an_instance_of_no_other(kind: Kind) -> None:
    """Whatever was asked before; compiled, too."""
    others = [each for each in KINDS if each not in type(kind).__mro__]
    assert [] == [each for each in others if isinstance(kind, each)]
    assert all(isinstance(kind, each) for each in type(kind).__mro__)
