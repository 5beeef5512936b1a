"""The records of a resource over HTTP: handlers, their codec, and what requests may demand of a write."""
