"""How a request becomes a response."""
