"""Whole numbers as text: what compiled code makes of `str` takes several times as long."""

from typing import Final

from mypy_extensions import i64

_SMALL: Final = [str(number) for number in range(1000)]
THREE_DIGITS: Final = [f"{number:03}" for number in range(1000)]
"""The numbers below 1,000, each in three digits."""


def decimal(number: i64) -> str:
    """`number` in decimal digits."""
    if number < 0 or number >= 1_000_000_000:
        return str(number)
    if number < 1000:
        return _SMALL[number]
    thousands = number // 1000
    if thousands < 1000:
        return f"{_SMALL[thousands]}{THREE_DIGITS[number % 1000]}"
    millions = _SMALL[thousands // 1000]
    return f"{millions}{THREE_DIGITS[thousands % 1000]}{THREE_DIGITS[number % 1000]}"
