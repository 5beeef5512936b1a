"""All kinds of fields that come with Estuary."""

from typing import Final

from estuary.core.kinds.boolean import Boolean
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.date import Date
from estuary.core.kinds.decimal import FixedPoint
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.list import List
from estuary.core.kinds.nested import Nested
from estuary.core.kinds.object import Object
from estuary.core.kinds.reference import Reference
from estuary.core.kinds.text import Text
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.kinds.uuid import Uuid

KINDS: Final[tuple[type[Kind], ...]] = (
    Text,
    Integer,
    Float,
    FixedPoint,
    Boolean,
    Timestamp,
    Date,
    Uuid,
    Reference,
    Choice,
    List,
    Nested,
    Object,
)
"""Every kind, in the order in which messages list them."""
