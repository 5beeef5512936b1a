"""Roles: where issuers put them, and claims that are of another type."""

from typing import Any

import pytest

from estuary.auth.roles import RolesClaim
from estuary.core.access.identity import Refusal
from estuary.core.errors import Unauthenticated


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("role", {"role": "admin"}, {"admin"}),
        ("role", {"role": "not admin"}, {"not admin"}),
        ("roles", {"roles": ["admin", "editor", "admin"]}, {"admin", "editor"}),
        ("roles", {"roles": []}, set()),
        ("roles", {}, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, {"admin"}),
        ("realm_access.roles", {"realm_access": {}}, set()),
        ("realm_access.roles", {}, set()),
        ("https://shop.example/roles", {"https://shop.example/roles": ["admin"]}, {"admin"}),
        ("a.b", {"a.b": "whole", "a": {"b": "part"}}, {"whole"}),
    ],
)
def test_roles_are_read_where_issuers_put_them(claim: str, claims: dict[str, Any], roles: set[str]) -> None:
    """A text is one role; a list is several; dots lead into objects unless a claim has the whole name."""
    assert roles == RolesClaim(claim).roles(claims)


@pytest.mark.parametrize(
    "given",
    [None, True, 1, {"admin": True}, ["admin", 1], ["admin", None], "", [""], ["a" * 256], ["a\nb"]],
)
def test_a_claim_of_another_type_is_refused(given: object) -> None:
    """It is not taken for an absent one, and its reason is its own."""
    with pytest.raises(Unauthenticated) as refused:
        RolesClaim("roles").roles({"roles": given})
    assert Refusal.ROLES == refused.value.reason


@pytest.mark.parametrize("given", [None, "admin", ["roles"], 1])
def test_a_path_through_something_else_than_objects_is_refused(given: object) -> None:
    """`realm_access.roles` demands an object where `realm_access` is there."""
    with pytest.raises(Unauthenticated) as refused:
        RolesClaim("realm_access.roles").roles({"realm_access": given})
    assert Refusal.ROLES == refused.value.reason
