"""Hooks: a declaration's own functions, and the use cases on a resource that has some."""
