"""One operation of a batch: a write that is worked out from what there is, where it depends on that."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

import msgspec

from estuary.core.access.identity import Identity
from estuary.core.errors import NotFound, PreconditionFailed, ValidationFailed, VersionConflict
from estuary.core.ports import Collection
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Place, Record
from estuary.core.record_id import NO_RECORD, is_record_id
from estuary.core.resource import Resource
from estuary.core.writes.pending_writes import VersionPredicate
from estuary.core.writes.writes import NO_VERSION, Delete, Insert, Update, Write, WriteOptions

if TYPE_CHECKING:  # imported only where there are hooks
    from estuary.core.hooks.hook_calls import HookCalls


class Verb(Enum):
    """What an operation does to its record."""

    CREATE = auto()
    UPDATE = auto()
    PATCH = auto()
    DELETE = auto()
    UPSERT = auto()
    """Updates the record that has a value, or creates it where none has."""


class Target(NamedTuple):
    """Where an operation writes: a resource, its records, what makes new ids, and calls hooks."""

    resource: Resource
    collection: Collection
    new_id: Callable[[], str]
    hooks: "HookCalls | None" = None


class Named(NamedTuple):
    """What names a record in place of its id: its value of the one field of `key`.

    `value` is None where no record can have what was given.
    """

    key: UniqueKey
    value: Any


class Operation(NamedTuple):
    """A write of a batch, of `owner` alone where there is one.

    `body` is of the type that the verb takes; an upsert takes the changes there, and the whole of a new
    record as `draft`, of which `creator` is the owner, if it `creates` one at all. A create has a
    `record_id` where its client chose one. The write is made to the version `expected`, and to one for
    which `holds` is true, where these are given. `identity` is who asks, for hooks, references, and values
    that the server sets. `broken` is what was found wrong with it before any record was read.
    """

    target: Target
    verb: Verb
    record_id: str = ""
    body: msgspec.Struct | None = None
    owner: str | None = None
    expected: int | None = None
    holds: VersionPredicate | None = None
    identity: Identity | None = None
    named: Named | None = None
    draft: msgspec.Struct | None = None
    creator: str | None = None
    creates: bool = True
    broken: ValidationFailed | None = None

    @property
    def place(self) -> Place:
        """Which record it writes."""
        return Place(self.target.resource.name, self.record_id)

    @property
    def depends(self) -> bool:
        """Whether the write is worked out from the record that is there."""
        if self.verb is Verb.CREATE:
            return False
        return self._merges or self._is_hooked or self.holds is not None or self.named is not None

    def accepts(self, version: int) -> bool:
        """Whether it may be made to this version."""
        return self.expected in (None, version) and (self.holds is None or self.holds(version))

    def check(self, now: datetime) -> None:
        """Raise `ValidationFailed` for what it breaks whatever record has the value that names one."""
        resource = self.target.resource
        if self.verb is Verb.UPSERT and self.draft is not None:
            resource.created(self.draft, now, self.identity)
        elif self.verb is Verb.PATCH and not self._merges:
            resource.patch(self._given)

    def on(self, found: Record | None) -> "Operation":
        """The operation on the record that has the value, which is None where there is none.

        Raises `NotFound`, and `PreconditionFailed` for an upsert that expects a version.
        """
        if found is not None:
            verb = Verb.UPDATE if self.verb is Verb.UPSERT else self.verb
            return self._replace(verb=verb, record_id=found.id)
        if self.verb is not Verb.UPSERT:
            raise NotFound
        if self.expected is not None or self.holds is not None:
            raise PreconditionFailed
        if not self.creates:
            raise NotFound
        return self._replace(verb=Verb.CREATE, body=self.draft, owner=self.creator)

    def write(self, seen: Record | None, now: datetime) -> Write:
        """The write itself; `seen` is the record, None where it is not known, or not there.

        Raises `ValidationFailed`, then `NotFound` or `VersionConflict` where the record speaks against it,
        in the order of single writes; then what its hooks raise, `ValidationFailed` and `HookFailed`.
        """
        resource = self.target.resource
        match self.verb:
            case Verb.CREATE:
                return self._creation(now)
            case Verb.UPDATE:
                changes = resource.changes(self._given)
                return self._update(changes, self._options(seen), seen, now)
            case Verb.PATCH if self._merges:
                options = self._options(seen)
                changes = resource.patch(self._given, None if seen is None else seen.value)
                return self._update(changes, options, seen, now)
            case Verb.PATCH:
                changes = resource.patch(self._given)
                return self._update(changes, self._options(seen), seen, now)
            case Verb.DELETE:
                return Delete(resource.name, self.record_id, self._options(seen))
            case Verb.UPSERT:
                raise TypeError("an upsert is either an update or a create")
            case _ as unknown:
                assert_never(unknown)

    def refused_write(self) -> Write:
        """One in its place that is always refused: of a version that never is."""
        options = WriteOptions(self.owner, NO_VERSION)
        record_id = self.record_id if is_record_id(self.record_id) else NO_RECORD
        return Delete(self.target.resource.name, record_id, options)

    @property
    def _merges(self) -> bool:
        """Whether it says of some field only what is to change within it."""
        return self.verb is Verb.PATCH and self.target.resource.merges(self._given)

    @property
    def _is_hooked(self) -> bool:
        """Whether hooks are to see the record that it updates."""
        hooks = self.target.hooks
        return hooks is not None and hooks.see_updates and self.verb in (Verb.UPDATE, Verb.PATCH)

    @property
    def _given(self) -> msgspec.Struct:
        if self.body is None:
            raise TypeError(f"{self.verb.name} takes a body")
        return self.body

    def _creation(self, now: datetime) -> Insert:
        resource, chosen = self.target.resource, bool(self.record_id)
        value = resource.created(self._given, now, self.identity)
        if self.target.hooks is not None:
            value = self.target.hooks.created(value, self.identity)
        record_id = self.record_id if chosen else self.target.new_id()
        record = Record(record_id, 1, now, now, value, self.owner or "")
        options = WriteOptions(client_id=chosen, identity=self.identity)
        return Insert(resource.name, record, options)

    def _update(
        self, changes: Mapping[str, Any], options: WriteOptions, seen: Record | None, now: datetime
    ) -> Update:
        hooks = self.target.hooks
        if hooks is not None and self._is_hooked and seen is not None:
            changes = hooks.updated(seen.value, changes, self.identity)
        return Update(self.target.resource.name, self.record_id, changes, now, options)

    def _options(self, seen: Record | None) -> WriteOptions:
        if not is_record_id(self.record_id):
            raise NotFound(self.record_id)
        expected = self.expected
        if self.depends:
            if seen is None:
                raise NotFound(self.record_id)
            if not self.accepts(seen.version):
                raise VersionConflict(seen.version)
            expected = seen.version
        return WriteOptions(self.owner, expected, if_changed=self._keeps_version, identity=self.identity)

    @property
    def _keeps_version(self) -> bool:
        """Whether it makes no new version where nothing changes: that would disclose hidden values."""
        return self.verb is Verb.PATCH and all(
            getattr(self._given, name) is msgspec.UNSET for name in self.target.resource.unseen_names
        )
