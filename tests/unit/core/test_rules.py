"""What a client is told of a broken rule."""

from estuary.core.errors import Violation
from estuary.core.field import Field
from estuary.core.kinds.kind import Broken
from estuary.core.kinds.text import Text
from estuary.core.rules import violation


def test_a_violation_names_the_field_twice() -> None:
    """Its name for machines, and the same in words at the start of the message."""
    field = Field(name="call_sign", kind=Text())
    expected = Violation("call_sign", "Call sign must be at most 3 characters", "length")
    assert expected == violation(field, Broken("must be at most 3 characters", "length"))
