"""How the running Estuary was built."""

from importlib.util import find_spec
from typing import Final


def _is_compiled() -> bool:
    """Found, not imported: to load what is compiled would cost a supervisor of one worker 2 MiB."""
    found = find_spec("estuary.core.record")
    return found is not None and not str(found.origin).endswith((".py", ".pyc"))


COMPILED: Final = _is_compiled()
"""Whether what is on a request's way is machine code."""
