"""References as they are served: what askers may refer to and delete with a record, by the access rules."""

from collections.abc import Sequence

from estuary.app.access import Permissions
from estuary.core.access.access import Action, Decision
from estuary.core.access.identity import NO_OWNER, Identity
from estuary.core.access.reach import EVERYONES, NOBODYS, Reach, Whose
from estuary.core.batch.planning import GoesWith, alone
from estuary.core.ports import Clock, Observer, Store
from estuary.core.resource import Resource
from estuary.stores.contention import Contention


def with_references(
    store: Store, resources: Sequence[Resource], granted: Permissions, clock: Clock, observe: Observer
) -> Store:
    """`store`, which with `resources` that refer to each other decides on that for each asker."""
    if not _refer(resources):
        return store
    from estuary.stores.referring import ReferringStore

    contention = Contention(clock.monotonic)
    return ReferringStore(store, resources, reach_of(granted), clock.now, contention.attempts, observe)


def goes_with(store: Store, resources: Sequence[Resource]) -> GoesWith:
    """What a deleted record takes with it, as `store` keeps the references of `resources`."""
    if not _refer(resources):
        return alone
    from estuary.stores.referring import ReferringStore

    return store.goes_with if isinstance(store, ReferringStore) else alone


def _refer(resources: Sequence[Resource]) -> bool:
    return any(resource.foreign_keys for resource in resources)


def reach_of(granted: Permissions) -> Reach:
    """What the access rules let askers do with records of each resource."""

    def reach(identity: Identity | None, resource: str, action: Action) -> Whose:
        rights = granted.of.get(resource)
        decision = Decision.ALL if rights is None else rights.rule(action).decide(identity)
        if decision is Decision.ALL:
            return EVERYONES
        # Records without an owner are not those of a token that names none.
        if decision is Decision.REFUSED or identity is None or identity.owner in (None, NO_OWNER):
            return NOBODYS
        return Whose(identity.owner)

    return reach
