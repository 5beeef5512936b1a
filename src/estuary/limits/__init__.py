"""How often a client may ask: the arithmetic, and where it is counted."""
