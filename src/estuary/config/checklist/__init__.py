"""The security checklist: each line of it decided by code, on the configuration and on gathered facts.

Nothing here does I/O: `app/deployment` gathers the facts.
"""
