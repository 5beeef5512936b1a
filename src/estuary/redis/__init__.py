"""Redis: where it is, and one kept connection to it, for what is kept there.

It stands below the adapters, which may not know each other: the rate limit counts in Redis, the cache keeps
records there, and both over the same code.
"""
