"""Caches of recently read records: in this process, or in Redis for all replicas."""
