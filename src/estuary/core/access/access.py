"""Access rules: who may do what with a resource's records, as its declaration says it."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from estuary.core.declarations import DeclarationError


class Action(Enum):
    """What is done with a resource's records. `UPSERT` updates a record, or creates it."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UPSERT = "upsert"


DECLARED: Final = (Action.READ, Action.CREATE, Action.UPDATE, Action.DELETE)
"""The actions that a declaration speaks of."""


class Decision(Enum):
    """With whose records an action may be done: with none, the asker's own, or those of all owners."""

    REFUSED = "refused"
    OWN = "own"
    ALL = "all"


class Word(Enum):
    """The words that say something without a name; `Role` and `Scope` are the others."""

    PUBLIC = "PUBLIC"
    SIGNED_IN = "SIGNED_IN"
    OWNER = "OWNER"
    NOBODY = "NOBODY"


class Who:
    """Who may do something: askers that one of the words means, or with one of the roles or scopes.

    `OWNER` lets askers at their own records, every other word at those of all owners.
    """

    def __init__(
        self,
        words: frozenset[Word] = frozenset(),
        roles: frozenset[str] = frozenset(),
        scopes: frozenset[str] = frozenset(),
    ) -> None:
        self.words: Final = words
        self.roles: Final = roles
        self.scopes: Final = scopes

    def __or__(self, other: "Who") -> "Who":
        """Either of the two."""
        if not isinstance(other, Who):
            raise DeclarationError(f"{self!r} | {other!r}: {_WORDS_MESSAGE}")
        return Who(self.words | other.words, self.roles | other.roles, self.scopes | other.scopes)

    def __ror__(self, other: object) -> "Who":
        raise DeclarationError(f"{other!r} | {self!r}: {_WORDS_MESSAGE}")

    def __repr__(self) -> str:
        return " | ".join(self.spelled)

    @property
    def spelled(self) -> tuple[str, ...]:
        """Each word as a declaration writes it, always in the same order."""
        return (
            *(word.value for word in Word if word in self.words),
            *(f'Role("{role}")' for role in sorted(self.roles)),
            *(f'Scope("{scope}")' for scope in sorted(self.scopes)),
        )


PUBLIC: Final = Who(frozenset({Word.PUBLIC}))
"""Everyone, with a token or without."""
SIGNED_IN: Final = Who(frozenset({Word.SIGNED_IN}))
"""Everyone whose token holds."""
OWNER: Final = Who(frozenset({Word.OWNER}))
"""Each owner, with its own records alone."""
NOBODY: Final = Who(frozenset({Word.NOBODY}))
"""Not even administrators."""


class Role(Who):
    """Askers whose token has the role, in the claim that AUTH_ROLES_CLAIM names."""

    def __init__(self, name: str) -> None:
        if not _matches(_ROLE, name) or not name.isprintable():
            raise DeclarationError(
                f"Role({name!r}): use one role's name, of 1 to 255 printable characters; "
                'several are joined by |, as in Role("admin") | Role("editor")'
            )
        super().__init__(roles=frozenset({name}))


class Scope(Who):
    """Askers whose token grants the scope."""

    def __init__(self, name: str) -> None:
        if not _matches(_SCOPE, name):
            raise DeclarationError(
                f"Scope({name!r}): use one scope's name, without blanks, quotes, braces (RFC 6749, 3.3); "
                'several are joined by |, as in Scope("books:edit") | Scope("books:admin")'
            )
        super().__init__(scopes=frozenset({name}))


class Access:
    """Who may read, create, update and delete a resource's records; an action that is not named: `NOBODY`.

    Raises `DeclarationError` for every rule that contradicts itself.
    """

    def __init__(
        self, *, read: Who = NOBODY, create: Who = NOBODY, update: Who = NOBODY, delete: Who = NOBODY
    ) -> None:
        self.rules: Final = dict(zip(DECLARED, (read, create, update, delete), strict=True))
        wrong = [
            f"{action.value}={who!r}: {what}"
            for action, who in self.rules.items()
            for what in _faults(action, who)
        ]
        if wrong:
            raise DeclarationError(f"Access: {'; '.join(wrong)}")

    def __repr__(self) -> str:
        return f"Access({', '.join(f'{action.value}={who!r}' for action, who in self.rules.items())})"


_WORDS_MESSAGE: Final = "use PUBLIC, SIGNED_IN, OWNER, NOBODY, Role(…) and Scope(…), joined by |"
_ROLE: Final = r"(?! ).{1,255}(?<! )"
_SCOPE: Final = r"[!#-\[\]-z|~]{1,255}"
"""RFC 6749, 3.3, without braces: a placeholder in them would be nobody's scope."""


def _faults(action: Action, who: Any) -> Iterator[str]:
    """Each fault of one rule, with what to write instead."""
    if not isinstance(who, Who):
        yield _WORDS_MESSAGE
        return
    several = len(who.spelled) > 1
    if Word.NOBODY in who.words and several:
        yield "NOBODY admits no other word: remove it, or the others"
    elif Word.PUBLIC in who.words and several:
        yield "PUBLIC includes everyone: remove the other words"
    elif Word.SIGNED_IN in who.words and several:
        yield "SIGNED_IN includes all who have a token, for all owners' records: remove it, or the others"
    if action is Action.CREATE and Word.OWNER in who.words:
        yield "a new record has no owner yet: use SIGNED_IN, for who creates a record is its owner"


def _matches(pattern: str, name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(pattern, name) is not None


def access_of(declared: Any) -> Access | None:
    """The access rules given to `Resource(access=…)`; raises `DeclarationError` for anything else."""
    if declared is None or isinstance(declared, Access):
        return declared
    raise DeclarationError(f"access must be Access(read=…, create=…, update=…, delete=…), not {declared!r}")
