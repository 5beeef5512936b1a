"""Access rules as they are declared, and the declarations that are refused."""

from collections.abc import Callable
from typing import Any

import pytest

from estuary.core.access.access import NOBODY, OWNER, PUBLIC, SIGNED_IN, Access, Action, Role, Scope
from estuary.core.resource import DeclarationError, Resource
from tests.support.books import Book

ADMIN = Role("admin")
access: Any = Access
role: Any = Role
scope: Any = Scope
owner: Any = OWNER
"""As a declaration uses them that no type checker has seen."""


def test_an_action_that_is_not_named_is_nobodys() -> None:
    """Who forgets one has not opened it."""
    declared = Access(read=PUBLIC)
    assert [PUBLIC, NOBODY, NOBODY, NOBODY] == list(declared.rules.values())
    assert "Access(read=PUBLIC, create=NOBODY, update=NOBODY, delete=NOBODY)" == repr(declared)


def test_words_are_joined_in_any_order() -> None:
    """They are reported in one."""
    either = Scope("books:edit") | ADMIN | OWNER | Role("admin") | Role("Site Editor")
    assert 'OWNER | Role("Site Editor") | Role("admin") | Scope("books:edit")' == repr(either)
    rule = Access(update=either).rules[Action.UPDATE]
    assert (["Site Editor", "admin"], ["books:edit"]) == (sorted(rule.roles), sorted(rule.scopes))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (lambda: Access(read=PUBLIC | ADMIN), "read=PUBLIC .* PUBLIC includes everyone: remove the other"),
        (lambda: Access(read=PUBLIC | SIGNED_IN), "PUBLIC includes everyone"),
        (lambda: Access(read=NOBODY | OWNER), "NOBODY admits no other word: remove it, or the others"),
        (lambda: Access(read=NOBODY | PUBLIC), "NOBODY admits no other word"),
        (lambda: Access(update=SIGNED_IN | OWNER), "update=SIGNED_IN .* SIGNED_IN includes all who have a"),
        (lambda: Access(update=SIGNED_IN | ADMIN), "SIGNED_IN includes all"),
        (lambda: Access(delete=SIGNED_IN | Scope("x")), "SIGNED_IN includes all"),
        (lambda: Access(create=OWNER), "create=OWNER: a new record has no owner yet: use SIGNED_IN"),
        (lambda: Access(create=OWNER | ADMIN), "a new record has no owner yet"),
        (lambda: access(read="PUBLIC"), "read='PUBLIC': use PUBLIC, SIGNED_IN, OWNER, NOBODY, Role"),
        (lambda: access(read=None), "read=None: use PUBLIC"),
        (lambda: access(read=Role), "read=<class .*Role'>: use PUBLIC"),
        (lambda: owner | "admin", "OWNER | 'admin': use PUBLIC"),
        (lambda: "admin" | owner, "'admin' | OWNER: use PUBLIC"),
        (lambda: Role(""), r"Role\(''\): use one role's name"),
        (lambda: Role(" admin"), "use one role's name"),
        (lambda: Role("a\nb"), "use one role's name"),
        (lambda: Role("x" * 256), "use one role's name"),
        (lambda: role(["admin", "editor"]), "use one role's name"),
        (lambda: Scope("books:read books:write"), r"use one scope's name, .* joined by \|"),
        (lambda: Scope("{resource}:read"), "use one scope's name"),
        (lambda: Scope(""), "use one scope's name"),
        (lambda: scope(7), "use one scope's name"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(declared: Callable[[], Any], message: str) -> None:
    """With the rule, and what to write instead."""
    with pytest.raises(DeclarationError, match=message):
        declared()


def test_all_contradictions_are_told_at_once() -> None:
    """One start-up finds them all."""
    with pytest.raises(DeclarationError) as error:
        Access(read=PUBLIC | ADMIN, create=OWNER, delete=NOBODY | ADMIN)
    assert ["read", "create", "delete"] == [
        part.split("=")[0].split()[-1] for part in str(error.value).split(";")
    ]


def test_a_resource_takes_nothing_else_for_access() -> None:
    """A word alone says nothing of actions."""
    assert Resource("books", Book).access is None
    with pytest.raises(DeclarationError, match=r"access must be Access.*, not PUBLIC"):
        Resource("books", Book, access=PUBLIC)  # type: ignore[arg-type]  # that is the point
