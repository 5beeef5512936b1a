"""Resources whose names say their access rules: `n0358` has the first of `RULES` for reading, and so on.

Records of `r0358` refer to those of `n0358`. Everyone reads them, and their owners alone change them.
"""

import functools
import re
from collections.abc import Iterator
from itertools import product
from typing import Annotated, Any

from msgspec import Meta, Struct, defstruct

from estuary import (
    NOBODY,
    OWNER,
    PUBLIC,
    SIGNED_IN,
    Access,
    Hidden,
    Index,
    Ref,
    Resource,
    Role,
    Scope,
    Unique,
)
from estuary.core.access.access import Who

ADMIN, EDIT = "admin", "edit"
_WORDS: dict[str, Who] = {
    "PUBLIC": PUBLIC,
    "SIGNED_IN": SIGNED_IN,
    "OWNER": OWNER,
    "NOBODY": NOBODY,
    "Role": Role(ADMIN),
    "Scope": Scope(EDIT),
}
RULES: tuple[tuple[str, ...], ...] = (
    *((word,) for word in _WORDS),
    ("OWNER", "Role"),
    ("OWNER", "Scope"),
    ("Role", "Scope"),
)
"""Every word and pair of words that says something."""
RULES_OF_REMARKS: tuple[tuple[str, ...], ...] = (("PUBLIC",), ("SIGNED_IN",), ("OWNER",), ("NOBODY",))
"""Those of what refers to other records."""


class Note(Struct, frozen=True, kw_only=True):
    """Something that is somebody's."""

    title: Annotated[str, Unique, Meta(min_length=1, max_length=40)]
    size: Annotated[int, Index] = 0
    secret: Annotated[str, Hidden] = ""


def _declarations() -> Iterator[str]:
    creating = [place for place, rule in enumerate(RULES) if "OWNER" not in rule]
    for read, update in product(range(len(RULES)), repeat=2):
        create = creating[(read + update) % len(creating)]
        yield f"n{read}{create}{update}{(read + 2 * update) % len(RULES)}"


DECLARATIONS = list(_declarations())
"""Names of resources, in which every two actions have every two of the rules that they can have."""


def reference(name: str) -> str:
    """Where the resource with this name is declared."""
    return f"{__name__}:{name}"


def rules_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The words for reading, creating, updating and deleting."""
    return RULES_OF_REMARKS if name[0] == "r" else tuple(RULES[int(digit)] for digit in name[1:])


def remarks_on(name: str) -> str:
    """The resource whose records refer to those of the resource with this name."""
    return f"r{name[1:]}"


@functools.cache
def remark_type(target: str) -> Any:
    """What refers to a note, or to none."""
    title = Annotated[str, Meta(min_length=1, max_length=40)]
    about = Annotated[str, Ref(target, on_delete="set_null")] | None
    # A name of its own: in the OpenAPI document a schema is called what its class is.
    name = f"RemarkOn{target.upper()}"
    return defstruct(name, [("title", title), ("about", about, None)], frozen=True, kw_only=True)


@functools.cache
def __getattr__(name: str) -> Resource:
    if re.fullmatch(r"[nr][0-8]{4}", name) is None:
        raise AttributeError(name)
    read, create, update, delete = (
        functools.reduce(lambda one, other: one | other, (_WORDS[word] for word in words))
        for words in rules_of(name)
    )
    model = Note if name[0] == "n" else remark_type(f"n{name[1:]}")
    return Resource(name, model, access=Access(read=read, create=create, update=update, delete=delete))
