"""The claim that says which roles a bearer has: a text, a list of texts, or one of these in an object."""

from typing import Any

from estuary.core.access.identity import Refusal
from estuary.core.errors import Unauthenticated

MAX_ROLE = 255
"""The longest name of a role, in characters."""


class RolesClaim:
    """Reads the roles from the claim called `name`.

    Where no claim has exactly that name, its dots lead into objects: `realm_access.roles` is the member
    `roles` of the claim `realm_access`, as Keycloak issues it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._path = name.split(".")

    def roles(self, claims: dict[str, Any]) -> frozenset[str]:
        """The roles in `claims`, none where the claim is absent.

        A text is one role, blanks included: split at them, "not admin" would grant "admin". Raises
        `Unauthenticated` for a claim of another type, which is not taken for an absent one.
        """
        given = self._find(claims)
        named = [given] if isinstance(given, str) else given
        if not isinstance(named, list) or not all(map(_is_role, named)):
            raise Unauthenticated(Refusal.ROLES)
        return frozenset(named)

    def _find(self, claims: dict[str, Any]) -> object:
        if self._name in claims:
            return claims[self._name]
        found: object = claims
        for member in self._path:
            if not isinstance(found, dict):
                raise Unauthenticated(Refusal.ROLES)
            if member not in found:
                return []
            found = found[member]
        return found


def _is_role(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= MAX_ROLE and given.isprintable()
