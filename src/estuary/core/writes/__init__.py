"""Writes: what is asked of one, what it waits for, and what it leaves behind."""
