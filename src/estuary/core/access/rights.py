"""Rights: access rules compiled, so that one function decides who may do what, with whose records."""

from typing import Final

from estuary.core.access.access import Access, Action, Decision, Who, Word
from estuary.core.access.identity import NO_OWNER, Identity, Refusal
from estuary.core.errors import EstuaryError, Forbidden, Unauthenticated

_ALL: Final = Decision.ALL
_OWN: Final = Decision.OWN
_REFUSED: Final = Decision.REFUSED
_READ: Final = Action.READ
_CREATE: Final = Action.CREATE
_UPDATE: Final = Action.UPDATE
_DELETE: Final = Action.DELETE
_UPSERT: Final = Action.UPSERT


class Rule:
    """Who may do one action.

    Without `who`, nothing is declared: everyone who is signed in may, an owner with its own records alone.
    `scope` is asked for besides, except of askers without a token.
    """

    __slots__ = (
        "declared",
        "everyone",
        "hopeless",
        "names_owner",
        "owner",
        "roles",
        "scope",
        "scopes",
        "signed_in",
    )

    def __init__(self, who: Who | None, scope: str | None = None) -> None:
        words = frozenset[Word]() if who is None else who.words
        self.declared: Final = who is not None
        self.everyone: Final = Word.PUBLIC in words
        self.signed_in: Final = self.everyone or Word.SIGNED_IN in words
        self.owner: Final = Word.OWNER in words
        self.hopeless: Final = Word.NOBODY in words
        """Whether no token helps."""
        self.roles: Final = frozenset[str]() if who is None else who.roles
        self.scopes: Final = frozenset[str]() if who is None else who.scopes
        self.scope: Final = scope
        named = bool(self.roles or self.scopes)
        self.names_owner: Final = named and not self.signed_in if self.declared else True
        """Whether those who see all owners' records may say whose they mean: they are administrators."""

    def decide(self, identity: Identity | None) -> Decision:
        """With whose records the asker may do it; None is one without a token."""
        if identity is None:
            return _ALL if self.everyone else _REFUSED
        if self.scope is not None and self.scope not in identity.scopes:
            return _REFUSED
        if not self.declared:
            return _ALL if identity.owner is None else _OWN
        if (
            self.signed_in
            or not self.roles.isdisjoint(identity.roles)
            or not self.scopes.isdisjoint(identity.scopes)
        ):
            return _ALL
        return _OWN if self.owner else _REFUSED

    def refusal(self, identity: Identity | None) -> EstuaryError:
        """Why an asker is refused: the error says what another token would need, but no role's name."""
        if self.hopeless:
            return Forbidden()
        if identity is None:
            return Unauthenticated(Refusal.MISSING)
        if self.scope is not None and self.scope not in identity.scopes:
            return Forbidden(self.scope)
        if len(self.scopes) == 1 and not self.roles and not self.owner:
            return Forbidden(next(iter(self.scopes)))
        return Forbidden()


class Grant:
    """What one asker may do with the records of one resource in one request.

    `owner` is whose records alone exist for it, None for those of all owners. `read` and `write` say with
    whose records it may do either; `asker` is the owner as which it asks. Where it `names_owner`, it may
    say whose records it means. An upsert `updates`, `creates`, or does both.
    """

    __slots__ = ("asker", "creates", "names_owner", "owner", "read", "updates", "write")

    def __init__(
        self,
        owner: str | None = None,
        asker: str | None = None,
        *,
        read: Decision = _ALL,
        write: Decision = _ALL,
        names_owner: bool = True,
        updates: bool = True,
        creates: bool = True,
    ) -> None:
        self.owner: Final = owner
        self.asker: Final = asker
        self.read: Final = read
        self.write: Final = write
        self.names_owner: Final = names_owner
        self.updates: Final = updates
        self.creates: Final = creates

    def shows(self, owner: str) -> bool:
        """Whether the asker may read what it wrote, a record of `owner`."""
        return self.read is _ALL or (self.read is _OWN and owner == self.asker)

    @property
    def shows_all(self) -> bool:
        """Whether it may read every record that it may write."""
        return self.read is _ALL or (self.read is _OWN and self.write is _OWN)

    @property
    def sees_others(self) -> bool:
        """Whether it may read records that it may not write."""
        return self.read is _ALL and self.write is _OWN


EVERYTHING: Final = Grant(names_owner=False)
"""What everyone may do where nothing is asked for: records have no owners there that could be named."""


class Rights:
    """Who may do what with one resource's records."""

    __slots__ = ("create", "delete", "read", "update")

    def __init__(self, read: Rule, create: Rule, update: Rule, delete: Rule) -> None:
        self.read: Final = read
        self.create: Final = create
        self.update: Final = update
        self.delete: Final = delete

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules for all actions."""
        return (self.read, self.create, self.update, self.delete)

    @property
    def refuses(self) -> bool:
        """Whether some action is refused to an asker whose token holds."""
        return any(rule.scope is not None or (rule.declared and not rule.signed_in) for rule in self.rules)

    @property
    def writes_are_public(self) -> bool:
        """Whether some write needs no token."""
        return self.create.everyone or self.update.everyone or self.delete.everyone

    def admit(self, identity: Identity | None) -> None:
        """Raise `Unauthenticated` for an asker without a token where nothing is for everyone."""
        if identity is not None:
            return
        refusals = [rule.refusal(None) for rule in self.rules if not rule.everyone]
        if len(refusals) == len(self.rules) and any(isinstance(each, Unauthenticated) for each in refusals):
            raise Unauthenticated(Refusal.MISSING)

    def rule(self, action: Action) -> Rule:
        """The rule for one action; of an upsert, that for the update."""
        if action is _READ:
            return self.read
        if action is _CREATE:
            return self.create
        return self.delete if action is _DELETE else self.update

    def grant(self, action: Action, identity: Identity | None) -> Grant:
        """The grant for `action`; raises `Unauthenticated` or `Forbidden` where it is refused."""
        rule = self.rule(action)
        decision = rule.decide(identity)
        if action is _READ:
            if decision is _ALL:
                return _ALL_NAMED if rule.names_owner else EVERYTHING
            owner = _owner_of(rule, decision, identity)
            return Grant(owner, owner, read=_OWN, names_owner=False)
        read = self.read.decide(identity)
        asker = None if identity is None or identity.owner == NO_OWNER else identity.owner
        if action is _CREATE:
            owner = _creator(rule, decision, identity)
            return Grant(owner, asker, read=read, write=_OWN, names_owner=False)
        creates = False
        if action is _UPSERT:
            creates = self.create.decide(identity) is not _REFUSED
            if creates and decision is _REFUSED:
                owner = _creator(self.create, _OWN, identity)
                return Grant(owner, asker, read=read, write=_OWN, names_owner=False, updates=False)
            creates = creates and (identity is None or identity.owner != NO_OWNER)
        return Grant(
            _owner_of(rule, decision, identity),
            asker,
            read=read,
            write=decision,
            names_owner=decision is _ALL and rule.names_owner,
            creates=creates,
        )


_ALL_NAMED: Final = Grant()


def rights_of(access: Access | None, read_scope: str | None, write_scope: str | None) -> Rights:
    """The rights that a declaration gives, or one without `access`; see `Rule` for the scopes."""
    rules = {} if access is None else access.rules

    def rule(action: Action) -> Rule:
        return Rule(rules.get(action), read_scope if action is _READ else write_scope)

    return Rights(rule(_READ), rule(_CREATE), rule(_UPDATE), rule(_DELETE))


def _owner_of(rule: Rule, decision: Decision, identity: Identity | None) -> str | None:
    """Whose records the action is done with; raises as `Rights.grant` does."""
    if decision is _ALL:
        return None
    if decision is _REFUSED or identity is None:
        raise rule.refusal(identity)
    if identity.owner is None:
        raise Forbidden
    if identity.owner == NO_OWNER:
        raise Unauthenticated(Refusal.CLAIMS)
    return identity.owner


def _creator(rule: Rule, decision: Decision, identity: Identity | None) -> str | None:
    """Whose a new record is; raises as `Rights.grant` does."""
    if decision is _REFUSED:
        raise rule.refusal(identity)
    if identity is None:
        return None
    if identity.owner == NO_OWNER:
        raise Unauthenticated(Refusal.CLAIMS)
    return identity.owner
