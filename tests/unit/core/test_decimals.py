"""Decimals: what is put together of ready digits is the number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.decimals import decimal


@given(st.integers(-(2**62), 2**62))
def test_it_is_the_number(number: int) -> None:
    """Whatever its size."""
    assert str(number) == decimal(number)


@pytest.mark.parametrize("number", [0, 7, 999, 1000, 1001, 999_999, 1_000_000, 1_000_001, 10**9 - 1, 10**9])
def test_no_zero_is_lost_inside(number: int) -> None:
    """Where a group of three digits begins, too."""
    assert str(number) == decimal(number)
