"""What rules decide for every sort of asker, and how they refuse."""

import pytest

from estuary.core.access.access import (
    NOBODY,
    OWNER,
    PUBLIC,
    SIGNED_IN,
    Access,
    Action,
    Decision,
    Role,
    Scope,
    Who,
)
from estuary.core.access.identity import NO_OWNER, Identity
from estuary.core.access.rights import Grant, Rights, Rule, rights_of
from estuary.core.errors import Forbidden, Unauthenticated

HER = Identity("her", "her", frozenset({"r", "w"}))
ADMIN = Identity("admin", NO_OWNER, frozenset({"r", "w"}), frozenset({"admin", "other"}))
EDITOR = Identity("editor", "her", frozenset({"r", "w", "edit"}))
KEY = Identity("key:1", None, frozenset({"r", "w"}))
POOR = Identity("poor", "her", frozenset({"w"}), frozenset({"admin"}))
NONE = None
R, O, A = Decision.REFUSED, Decision.OWN, Decision.ALL  # noqa: E741 - as the table reads


@pytest.mark.parametrize(
    ("who", "decisions"),
    [
        (PUBLIC, (A, A, A, A, R)),
        (SIGNED_IN, (R, A, A, A, R)),
        (OWNER, (R, O, O, O, R)),
        (NOBODY, (R, R, R, R, R)),
        (Role("admin"), (R, R, A, R, R)),
        (Scope("edit"), (R, R, R, A, R)),
        (Role("admin") | Scope("edit"), (R, R, A, A, R)),
        (OWNER | Role("admin"), (R, O, A, O, R)),
        (OWNER | Scope("edit"), (R, O, O, A, R)),
        (None, (R, O, O, O, R)),
    ],
)
def test_a_rule_decides_by_the_asker_alone(who: Who | None, decisions: tuple[Decision, ...]) -> None:
    """Of several words the widest counts; the configured scope is asked for besides, but of nobody."""
    rule = Rule(who, "r")
    assert decisions == tuple(rule.decide(asker) for asker in (NONE, HER, ADMIN, EDITOR, POOR))


def test_without_a_rule_owners_see_their_own_and_others_all() -> None:
    """As it was before there were rules: by what the token says."""
    assert [O, O, A] == [Rule(None).decide(asker) for asker in (HER, ADMIN, KEY)]


@pytest.mark.parametrize(
    ("who", "asker", "message"),
    [
        (SIGNED_IN, NONE, "missing"),
        (OWNER, NONE, "missing"),
        (NOBODY, NONE, Forbidden),
        (NOBODY, HER, Forbidden),
        (Role("admin"), HER, Forbidden),
        (Role("admin") | Scope("edit"), HER, Forbidden),
        (OWNER, ADMIN, "claims"),
        (OWNER, KEY, Forbidden),
        (None, ADMIN, "claims"),
        (Scope("edit"), HER, "edit"),
        (PUBLIC, POOR, "r"),
    ],
)
def test_a_refusal_says_what_would_help(
    who: Who | None, asker: Identity | None, message: str | type[Forbidden]
) -> None:
    """401 where another token could; the scope where one is missing; else nothing, and no role's name."""
    with pytest.raises((Forbidden, Unauthenticated)) as refusal:
        rights(read=who).grant(Action.READ, asker)
    error = refusal.value
    if isinstance(error, Unauthenticated):
        assert message == error.reason
    else:
        assert isinstance(error, Forbidden)
        assert message == (error.scope or Forbidden)
    assert "admin" not in str(error)


def rights(
    *, read: Who | None = PUBLIC, create: Who | None = PUBLIC, update: Who | None = PUBLIC
) -> Rights:
    """Rights with the scopes `r` and `w`."""
    change = Rule(update, "w")
    return Rights(Rule(read, "r"), Rule(create, "w"), change, change)


def test_reads_are_of_own_records_or_of_all() -> None:
    """With the right to name an owner for those alone who have it by a role or a scope."""
    both = rights(read=OWNER | Role("admin"))
    assert [("her", False), (None, True)] == [
        (grant.owner, grant.names_owner) for grant in (both.grant(Action.READ, who) for who in (HER, ADMIN))
    ]
    for who in (PUBLIC, SIGNED_IN):
        assert not rights(read=who).grant(Action.READ, ADMIN).names_owner
    assert rights(read=None).grant(Action.READ, KEY).names_owner


def test_a_new_record_is_its_creators() -> None:
    """Whatever lets the creator in; a token that names no owner is refused, others' records have none."""
    for who in (SIGNED_IN, Scope("edit")):
        assert "her" == rights(create=who).grant(Action.CREATE, EDITOR).owner
    with pytest.raises(Unauthenticated, match="claims"):
        rights(create=Role("admin")).grant(Action.CREATE, ADMIN)
    assert [None, None] == [rights().grant(Action.CREATE, asker).owner for asker in (KEY, NONE)]


@pytest.mark.parametrize(
    ("read", "update", "asker", "shown"),
    [
        (PUBLIC, OWNER, HER, (True, True, True)),
        (OWNER, OWNER, HER, (True, False, True)),
        (NOBODY, OWNER, HER, (False, False, False)),
        (OWNER, SIGNED_IN, HER, (True, False, False)),
        (OWNER, Role("admin"), ADMIN, (False, False, False)),
        (NOBODY, PUBLIC, NONE, (False, False, False)),
        (SIGNED_IN, PUBLIC, NONE, (False, False, False)),
        (OWNER | Role("admin"), Role("admin"), ADMIN, (True, True, True)),
    ],
)
def test_a_write_shows_what_its_asker_may_read(
    read: Who, update: Who, asker: Identity | None, shown: tuple[bool, ...]
) -> None:
    """Of its own records, of another's, and of every one that it can write."""
    grant = rights(read=read, update=update).grant(Action.UPDATE, asker)
    assert shown == (grant.shows("her"), grant.shows("him"), grant.shows_all)


@pytest.mark.parametrize(
    ("create", "update", "asker", "expected"),
    [
        (SIGNED_IN, OWNER, HER, ("her", True, True)),
        (NOBODY, OWNER, HER, ("her", True, False)),
        (SIGNED_IN, Role("admin"), HER, ("her", False, True)),
        (SIGNED_IN, Role("admin"), ADMIN, (None, True, False)),
        (PUBLIC, PUBLIC, NONE, (None, True, True)),
        (PUBLIC, SIGNED_IN, NONE, (None, False, True)),
    ],
)
def test_an_upsert_does_what_its_asker_may(
    create: Who, update: Who, asker: Identity | None, expected: tuple[str | None, bool, bool]
) -> None:
    """Both, or either one alone; an administrator whose token names no owner creates nothing."""
    grant = rights(create=create, update=update).grant(Action.UPSERT, asker)
    assert expected == (grant.owner, grant.updates, grant.creates)


def test_an_upsert_is_refused_where_both_are() -> None:
    """As the update is."""
    both = rights(create=NOBODY, update=SIGNED_IN)
    with pytest.raises(Unauthenticated):
        both.grant(Action.UPSERT, NONE)
    with pytest.raises(Forbidden):
        rights(create=Role("x"), update=Role("y")).grant(Action.UPSERT, HER)


def test_nothing_is_asked_where_there_are_no_rights() -> None:
    """What a request is granted before anything was decided."""
    assert (None, True, True) == (Grant().owner, Grant().shows("him"), Grant().names_owner)


def test_a_wrong_method_is_told_of_where_something_is_for_everyone() -> None:
    """Elsewhere a token is asked for first."""
    with pytest.raises(Unauthenticated):
        rights_of(Access(read=SIGNED_IN), None, None).admit(NONE)
    for access in (Access(read=PUBLIC), Access()):
        rights_of(access, None, None).admit(NONE)
    rights_of(None, None, None).admit(HER)
