"""The kinds of fields: a module for each, which says everything about it. `kind.py` says what that is."""

from typing import Final

from estuary.core.kinds.boolean import Boolean
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.text import Text
from estuary.core.kinds.text_list import TextList
from estuary.core.kinds.timestamp import Timestamp

KINDS: Final[tuple[type[Kind], ...]] = (Text, Integer, Float, Boolean, Timestamp, Choice, TextList)
"""Every kind, in the order in which messages list them."""
