"""The headers of a write, read before its body: entity tags, preconditions, idempotency keys."""
