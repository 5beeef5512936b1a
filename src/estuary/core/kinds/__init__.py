"""The kinds of fields: a module for each, which says everything about it. `kind.py` says what that is."""
