"""API keys administered over HTTP: bodies, handlers, and what rights their routes ask for."""
