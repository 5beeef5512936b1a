"""The security checklist: code that decides each item from the configuration and gathered facts.

Nothing here does I/O: `app/deployment` gathers the facts.
"""
