"""Foreign keys by resource, and an order in which those that refer come before what they refer to."""

from estuary.core.record import Place
from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys, OnDelete

LINE = ForeignKey("lines", "order", "orders", OnDelete.CASCADE, optional=False)
WITHIN = ForeignKey("lines", "within", "lines", OnDelete.CASCADE, optional=True)
BUYER = ForeignKey("orders", "buyer", "customers", OnDelete.RESTRICT, optional=False)
LAST = ForeignKey("customers", "last", "orders", OnDelete.SET_NULL, optional=True)


def test_keys_are_found_from_either_side() -> None:
    """By the resource that refers, and by the one that is referred to."""
    keys = ForeignKeys([LINE, WITHIN, BUYER])
    assert ([LINE, WITHIN], [BUYER], []) == tuple(map(list, map(keys.of, ("lines", "orders", "none"))))
    assert ([WITHIN], [LINE], []) == tuple(map(list, map(keys.to, ("lines", "orders", "none"))))
    assert (True, False) == (WITHIN.is_within, LINE.is_within)


def test_those_that_refer_come_first() -> None:
    """Those of one resource stay as they are; a circle is cut somewhere."""
    line, other, order, customer = (
        Place(*each.split()) for each in ("lines 2", "lines 1", "orders 1", "customers 1")
    )
    keys = ForeignKeys([BUYER, LINE, WITHIN])
    assert [line, other, order, customer] == keys.referring_first([customer, order, line, other])
    circle = ForeignKeys([BUYER, LAST, LINE])
    assert [line, *circle.referring_first([order, customer])] == circle.referring_first(
        [order, customer, line]
    )
