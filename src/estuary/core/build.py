"""How the running Estuary was built."""

from typing import Final

COMPILED: Final = not __file__.endswith((".py", ".pyc"))
"""Whether what is on a request's way is machine code: this module is, wherever the others are."""
