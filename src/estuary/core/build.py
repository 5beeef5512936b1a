"""Whether this Estuary is compiled: this module is, wherever the modules on a request's way are."""

from typing import Final

COMPILED: Final = not __file__.endswith((".py", ".pyc"))
"""Whether what is on a request's way is machine code (`make compile`) or Python's own."""
