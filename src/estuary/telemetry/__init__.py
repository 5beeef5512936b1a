"""Observations become lines, numbers and readings."""
