"""What an asker may do with records that its own refer to, by the access rules."""

from estuary.app.access import Permissions
from estuary.app.references import reach_of
from estuary.core.access.access import OWNER, PUBLIC, Access, Action, Role
from estuary.core.access.identity import NO_OWNER, Identity
from estuary.core.access.reach import EVERYONES, NOBODYS, Whose
from estuary.core.access.rights import rights_of

RULED = Access(read=OWNER | Role("admin"), create=PUBLIC, update=OWNER)
REACH = reach_of(
    Permissions({"ruled": rights_of(RULED, None, None), "plain": rights_of(None, None, None)}, None)
)


def identity(owner: str | None, *roles: str) -> Identity:
    """Someone who asks."""
    return Identity("a", owner, frozenset(), frozenset(roles))


def test_an_owner_reaches_its_own_records() -> None:
    """An administrator those of all owners; who is refused none."""
    for resource in ("ruled", "plain"):
        assert Whose("her") == REACH(identity("her"), resource, Action.READ)
    assert EVERYONES == REACH(identity("her", "admin"), "ruled", Action.READ)
    assert NOBODYS == REACH(identity("her"), "ruled", Action.DELETE)
    assert NOBODYS == REACH(None, "ruled", Action.READ)
    assert EVERYONES == REACH(None, "open", Action.DELETE)


def test_a_token_that_names_no_owner_reaches_no_record() -> None:
    """Nor those without an owner: such a token is refused where they are asked for, too."""
    for resource in ("ruled", "plain"):
        assert NOBODYS == REACH(identity(NO_OWNER), resource, Action.READ)
    assert EVERYONES == REACH(identity(None), "plain", Action.READ)
    assert NOBODYS == REACH(identity(None), "ruled", Action.READ)
