"""The table of stores and suites at the end of a run."""

from tests.contract.stores import STORES
from tests.support.matrix import PROPERTY, Matrix, store_of


def test_a_store_is_known_by_its_parameter() -> None:
    """The contract suite's kinds, and the names that the suites over HTTP go by."""
    assert "memory" == store_of({"kind": STORES[0], "outage": None})
    assert "sqlite" == store_of({"store_variables": "sqlite"})
    assert "convex" == store_of({"store": "convex"})
    assert {each.name for each in STORES} == {store_of({"kind": each}) for each in STORES}
    assert None is store_of({"operation": "get"})
    assert None is store_of({"kind": "ServiceMonitor"})


def test_every_outcome_is_counted_once() -> None:
    """A test counts by its call; a failure around it counts as well, and what never ran is a skip."""
    matrix = Matrix()
    for when, outcome in (("setup", "passed"), ("call", "passed"), ("teardown", "passed")):
        matrix.add("tests/contract/test_x.py::test", [(PROPERTY, "sqlite")], when, outcome)
    matrix.add("tests/contract/test_x.py::test", [(PROPERTY, "sqlite")], "call", "failed")
    matrix.add("tests/contract/test_x.py::test", [(PROPERTY, "sqlite")], "setup", "failed")
    matrix.add("tests/http/test_x.py::test", [(PROPERTY, "convex")], "setup", "skipped")
    matrix.add("tests/unit/test_x.py::test", [], "call", "passed")
    head, sqlite, convex = matrix.lines()
    assert ["contract", "http"] == head.split()
    assert ["sqlite", "1 passed, 2 failed, 0 skipped", "-"] == [
        *filter(None, map(str.strip, sqlite.split("  ")))
    ]
    assert ["convex", "-", "0 passed, 0 failed, 1 skipped"] == [
        *filter(None, map(str.strip, convex.split("  ")))
    ]


def test_there_is_no_table_of_nothing() -> None:
    """A run without stores ends as it always did."""
    assert [] == list(Matrix().lines())
