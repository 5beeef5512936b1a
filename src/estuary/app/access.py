"""Access rules as declared and configured: each resource's rights, and whether any token can meet them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from estuary.config.settings import Settings
from estuary.core.access.access import PUBLIC, SIGNED_IN, Word
from estuary.core.access.rights import Rights, Rule, rights_of
from estuary.core.resource import DeclarationError, Resource
from estuary.http.scopes import Scopes


class Permissions(msgspec.Struct, frozen=True):
    """The rights of resources by their names, and what batches of all of them ask for.

    Resources without rights are for everyone, and so are batches without.
    """

    of: Mapping[str, Rights]
    batch: Rights | None

    @property
    def any(self) -> bool:
        """Whether anything is asked of anyone."""
        return bool(self.of)


def permissions(settings: Settings, resources: Sequence[Resource], access: Scopes | None) -> Permissions:
    """What `resources` declare, under `settings`; raises `DeclarationError` for rules no token can meet.

    `access` are the scopes that tokens must grant, None where authentication is off.
    """
    wrong = [fault for resource in resources for fault in _faults(settings, resource)]
    if wrong:
        raise DeclarationError(f"RESOURCES: {'; '.join(wrong)}")
    of = rights(resources, access)
    return Permissions(of, None if access is None else batch_rights(of.values()))


def rights(resources: Sequence[Resource], access: Scopes | None) -> dict[str, Rights]:
    """The rights of those `resources` that are not for everyone; see `permissions`."""
    return {
        each.name: rights_of(each.access, *(access or Scopes()).of(each.name))
        for each in resources
        if access is not None or each.access is not None
    }


def batch_rights(rights: Iterable[Rights]) -> Rights:
    """Who is let in with a batch: everyone where some write is for everyone, else all who are signed in."""
    rule = Rule(PUBLIC if any(each.writes_are_public for each in rights) else SIGNED_IN)
    return Rights(rule, rule, rule, rule)


def _faults(settings: Settings, resource: Resource) -> Iterator[str]:
    """What the resource's rules ask for and no token can have, with what to do about it."""
    if resource.access is None:
        return
    for action, who in resource.access.rules.items():
        rule = f"{resource.name}: Access({action.value}={who!r})"
        if not settings.auth_enabled:
            if not who.words & {Word.PUBLIC, Word.NOBODY}:
                yield f"{rule} needs a token, and AUTH_ENABLED is false: nobody could have one"
        elif settings.keys_enabled:
            continue  # a key has the owner and the roles that it was made with
        elif Word.OWNER in who.words and settings.auth_owner_claim is None:
            yield f"{rule} speaks of owners, and records have none: set AUTH_OWNER_CLAIM"
        elif who.roles and settings.auth_roles_claim is None and not settings.keys_enabled:
            yield f"{rule} asks for a role, and no token has one: set AUTH_ROLES_CLAIM"
