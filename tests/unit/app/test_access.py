"""Rules that nobody could meet as the service is configured, and the table of those that can be met."""

from pathlib import Path

import pytest

from estuary.app.access import permissions, rights
from estuary.app.access_table import access_table, as_json, as_text
from estuary.app.authentication import documented_scopes
from estuary.config.environment import load_from
from estuary.core.access.access import NOBODY, OWNER, PUBLIC, SIGNED_IN, Access, Role, Scope
from estuary.core.items import ITEMS
from estuary.core.resource import DeclarationError, Resource
from tests.support.books import Book

AUTH = {"AUTH_ENABLED": "true", "AUTH_ISSUER": "https://issuer.test", "AUTH_AUDIENCE": "books"}
OWNED = {**AUTH, "AUTH_OWNER_CLAIM": "sub"}
ROLES = {**OWNED, "AUTH_ROLES_CLAIM": "roles"}
EDITED = Access(read=PUBLIC, create=SIGNED_IN, update=OWNER | Role("admin") | Scope("x"), delete=NOBODY)


def books(rules: Access) -> Resource:
    """A resource with these rules."""
    return Resource("books", Book, access=rules)


def check(rules: Access, variables: dict[str, str]) -> None:
    """Have a service start with them; raises as that does."""
    settings = load_from(variables, directory=Path("/nonexistent")).settings
    permissions(settings, [books(rules)], documented_scopes(settings))


@pytest.mark.parametrize(
    ("rules", "variables"),
    [
        (EDITED, ROLES),
        (Access(read=PUBLIC), {}),
        (Access(read=PUBLIC, create=PUBLIC), {}),
        (Access(read=SIGNED_IN, update=Scope("x")), AUTH),
        (Access(read=OWNER | Role("x")), {**AUTH, "KEYS_ENABLED": "true"}),
    ],
)
def test_rules_that_can_be_met_are_taken(rules: Access, variables: dict[str, str]) -> None:
    """What is for everyone, or for no one, needs no tokens."""
    check(rules, variables)


@pytest.mark.parametrize(
    ("rules", "variables", "message"),
    [
        (
            Access(read=SIGNED_IN),
            {},
            "books: Access(read=SIGNED_IN) needs a token, and AUTH_ENABLED is false",
        ),
        (Access(create=Role("x")), {}, 'books: Access(create=Role("x")) needs a token'),
        (
            Access(read=OWNER),
            AUTH,
            "books: Access(read=OWNER) speaks of owners, and records have none: set",
        ),
        (EDITED, OWNED, "asks for a role, and no token has one: set AUTH_ROLES_CLAIM"),
    ],
)
def test_a_rule_that_nobody_could_meet_is_refused(
    rules: Access, variables: dict[str, str], message: str
) -> None:
    """With the setting that is missing."""
    with pytest.raises(DeclarationError) as error:
        check(rules, variables)
    assert message in str(error.value)


def test_all_of_them_are_told_at_once() -> None:
    """One start-up finds them all."""
    with pytest.raises(DeclarationError) as error:
        check(Access(read=OWNER, update=OWNER, delete=Role("admin")), AUTH)
    assert 2 == str(error.value).count("AUTH_OWNER_CLAIM")
    assert 1 == str(error.value).count("AUTH_ROLES_CLAIM")


def test_the_table_tells_what_the_rules_decide() -> None:
    """For each sort of asker that they distinguish; a resource without rules is listed as well."""
    settings = load_from(ROLES, directory=Path("/nonexistent")).settings
    resources = [books(EDITED), ITEMS]
    granted = permissions(settings, resources, documented_scopes(settings)).of
    tables = access_table(resources, granted, owned=True)
    assert [
        "books                         read     create   update   delete",
        "  no token                    all      -        -        -",
        "  a token                     all      yes      own      -",
        '  Role("admin")               all      yes      all      -',
        '  Scope("x")                  all      yes      all      -',
        "  tokens must grant books:read to read, books:write to write",
        "items                         read     create   update   delete",
        "  no token                    -        -        -        -",
        "  a token                     own      yes      own      own",
        "  tokens must grant items:read to read, items:write to write",
    ] == list(as_text(tables, None))
    first = as_json(tables)[0]
    assert {"read": "books:read", "write": "books:write"} == first["scopes"]
    assert {
        "who": "a token",
        "read": "all",
        "create": "all",
        "update": "own",
        "delete": "refused",
    } == first["askers"][1]  # type: ignore[index]  # a list, as JSON has it


def test_where_nothing_is_asked_for_everyone_may_do_all() -> None:
    """Without authentication and without rules."""
    assert ["items" + " " * 25 + "read     create   update   delete"] == list(
        as_text(access_table([ITEMS], {}, owned=False), None)
    )[:1]
    assert (
        "  everyone                    all      yes      all      all"
        == list(as_text(access_table([ITEMS], {}, owned=False), None))[1]
    )


def test_a_long_name_moves_the_columns_of_every_table() -> None:
    """So that they stay below each other."""
    resource = books(Access(read=Role("a" * 40)))
    granted = rights([resource], None)
    lines = list(as_text(access_table([resource, ITEMS], granted, owned=False), None))
    assert [
        "books                                               read     create   update   delete",
        "  no token                                          -        -        -        -",
        "  a token                                           -        -        -        -",
        f'  Role("{"a" * 40}")  all      -        -        -',
        "items                                               read     create   update   delete",
        "  everyone                                          all      yes      all      all",
    ] == lines


def test_a_name_in_wide_characters_moves_no_column() -> None:
    """A terminal shows each in two columns."""
    resource = books(Access(read=Role("管理者")))
    lines = list(as_text(access_table([resource], rights([resource], None), owned=False), None))
    assert '  Role("管理者")' + " " * 14 + "all      -        -        -" == lines[3]


def test_a_name_that_the_terminal_has_no_room_for_goes_on_in_further_lines() -> None:
    """The columns stay, and no line is wider than the terminal."""
    resource = books(Access(read=Role("the people who buy books in bulk")))
    lines = list(as_text(access_table([resource], rights([resource], None), owned=False), 60))
    assert [
        "books                   read     create   update   delete",
        "  no token              -        -        -        -",
        "  a token               -        -        -        -",
        '  Role("the people who  all      -        -        -',
        '    buy books in bulk")',
    ] == lines
    assert 12 + 4 * 9 >= max(map(len, as_text(access_table([ITEMS], {}, owned=False), 1)))
