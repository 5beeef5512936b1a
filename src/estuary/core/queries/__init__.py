"""Queries: what can be asked of a list, which index serves it, and how it is answered."""
