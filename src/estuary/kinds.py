"""The parts of a project's own kind of field, for `Resource(…, kinds=(*KINDS, Percentage))`.

A kind subclasses `Kind` (whose attributes and methods are the contract), says with `Stored` how a value is
kept, and raises `Broken` for a value that breaks its rule. Constraints are those that every store knows.
"""

from estuary.core.kinds.constraints import Lengths, OneOf, Precision, Range
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.every import KINDS
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored, Unservable

__all__ = [
    "KINDS",
    "Broken",
    "Declared",
    "Kind",
    "Lengths",
    "OneOf",
    "Precision",
    "Range",
    "Rule",
    "Storage",
    "Stored",
    "Unservable",
]
