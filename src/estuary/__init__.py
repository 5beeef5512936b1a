"""Estuary: a production-grade REST API over declared resources.

What declarations are made of can be imported from here, what kinds of fields of one's own are made of from
`estuary.kinds`; all other modules are Estuary's own.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estuary.core.access.access import NOBODY, OWNER, PUBLIC, SIGNED_IN, Access, Role, Scope
    from estuary.core.access.identity import Identity
    from estuary.core.declarations import DeclarationError
    from estuary.core.hooks.hooks import Hooks, Reject
    from estuary.core.items import ITEMS, Item
    from estuary.core.kinds.server_values import Now, Subject
    from estuary.core.markers import Digits, Hidden, Index, Ref, Unique, Was
    from estuary.core.resource import Resource

__version__ = "0.1.0"
__all__ = [
    "ITEMS",
    "NOBODY",
    "OWNER",
    "PUBLIC",
    "SIGNED_IN",
    "Access",
    "DeclarationError",
    "Digits",
    "Hidden",
    "Hooks",
    "Identity",
    "Index",
    "Item",
    "Now",
    "Ref",
    "Reject",
    "Resource",
    "Role",
    "Scope",
    "Subject",
    "Unique",
    "Was",
    "__version__",
]

if not TYPE_CHECKING:  # or a misspelt name would be one to type checkers
    _MODULES = {
        "ITEMS": "estuary.core.items",
        "NOBODY": "estuary.core.access.access",
        "OWNER": "estuary.core.access.access",
        "PUBLIC": "estuary.core.access.access",
        "SIGNED_IN": "estuary.core.access.access",
        "Access": "estuary.core.access.access",
        "DeclarationError": "estuary.core.declarations",
        "Digits": "estuary.core.markers",
        "Hidden": "estuary.core.markers",
        "Hooks": "estuary.core.hooks.hooks",
        "Identity": "estuary.core.access.identity",
        "Index": "estuary.core.markers",
        "Item": "estuary.core.items",
        "Now": "estuary.core.kinds.server_values",
        "Ref": "estuary.core.markers",
        "Reject": "estuary.core.hooks.hooks",
        "Resource": "estuary.core.resource",
        "Role": "estuary.core.access.access",
        "Scope": "estuary.core.access.access",
        "Subject": "estuary.core.kinds.server_values",
        "Unique": "estuary.core.markers",
        "Was": "estuary.core.markers",
    }

    def __getattr__(name: str) -> object:
        """A public name, imported when it is asked for: `estuary --version` needs none of them."""
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(module), name)
