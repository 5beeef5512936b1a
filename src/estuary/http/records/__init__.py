"""The records of a resource over HTTP: handlers, their codec, and what the headers of a write ask for."""
