"""True and false."""

import pytest

from estuary.core.kinds.boolean import Boolean
from tests.unit.core.kinds.checks import cleaned


@pytest.mark.parametrize("value", [True, False])
def test_booleans_pass(value: bool) -> None:
    """There is no rule about them."""
    assert cleaned(value, Boolean()) is value
