"""API keys: what is kept of them, what their holders have, and how they are administered."""
