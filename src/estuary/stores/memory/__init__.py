"""Records in this process's memory: the fastest store, the reference for all others, and never durable."""

from estuary.stores.memory.collection import MemoryCollection
from estuary.stores.memory.store import MemoryStore

__all__ = ["MemoryCollection", "MemoryStore"]
