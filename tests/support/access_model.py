"""What access rules mean, in plain Python: for each asker and request, what has to come of it.

It knows words and the claims of tokens, and nothing of how the service decides.
"""

from typing import Any, NamedTuple

from tests.support.asking_for_tokens import READ, WRITE
from tests.support.ruled import ADMIN, EDIT, rules_of

HERS, HIS, MISSING = "hers", "his", "missing"
"""The records that requests are about: each is called so."""
OWNERS = {HERS: "her", HIS: "him", MISSING: None}


class Asker(NamedTuple):
    """Who asks: the claims of a token, None for a request without one. `holds`: the token is a good one.

    `has_key`: it carries no token but an API key, for which the same was said when it was made.
    """

    name: str
    claims: dict[str, Any] | None
    holds: bool = True
    has_key: bool = False

    @property
    def owner(self) -> str | None:
        """As whom it makes records."""
        return None if self.claims is None else self.claims.get("tenant")


def _token(owner: str | None, scope: str = f"{READ} {WRITE}", *roles: str) -> dict[str, Any]:
    return {"sub": f"s-{owner}", "tenant": owner, "scope": scope, "roles": list(roles)}


ASKERS = (
    Asker("nobody", None),
    Asker("bad token", _token("her"), holds=False),
    Asker("expired", {**_token("her"), "exp": 1}, holds=False),
    Asker("owner", _token("her")),
    Asker("other owner", _token("him")),
    Asker("stranger", _token("third")),
    Asker("admin", _token("her", f"{READ} {WRITE}", ADMIN, "other")),
    Asker("admin of none", _token(None, f"{READ} {WRITE}", ADMIN)),
    Asker("owner of none", _token(None)),
    Asker("editor", _token("third", f"{READ} {WRITE} {EDIT}")),
    Asker("reader", _token("her", READ, ADMIN)),
    Asker("poor", _token("her", "", ADMIN)),
    Asker("key", _token("her"), has_key=True),
    Asker("key of an admin", _token(None, f"{READ} {WRITE}", ADMIN), has_key=True),
    Asker("key of none", _token(None, f"{READ} {WRITE} {EDIT}"), has_key=True),
    Asker("revoked key", _token("her", f"{READ} {WRITE}", ADMIN), holds=False, has_key=True),
)


class Reported(NamedTuple):
    """What has to come of a request.

    `shown` are the records in the answer, None where it has none of them; `versioned`: a version is told.
    """

    status: int
    shown: tuple[str, ...] | None = None
    versioned: bool = False


class Refused(Exception):
    """The asker may not do it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Model:
    """What one asker may do with the records of the resource called `name`.

    There are two records: one of hers, one of his. `batches_are_open`: no token is needed to send a batch.
    """

    def __init__(self, name: str, asker: Asker, *, batches_are_open: bool) -> None:
        self._read, self._create, self._update, self._delete = rules_of(name)
        self._asker = asker
        self._batches_are_open = batches_are_open

    def read(self, target: str) -> Reported:
        """GET of one record."""
        return self._guarded(lambda: self._one(target))

    def listed(self, *, owner: str | None = None, where: str | None = None) -> Reported:
        """A list, perhaps of one owner's records, perhaps of those that are called so."""
        return self._guarded(lambda: self._listed(owner, where))

    def wrong(self, action: str) -> Reported:
        """A request that is none, by a parameter or a body that it must not have."""
        return self._guarded(lambda: self._wrong(action))

    def create(self, *, tried: bool = False, taken: bool = False, in_batch: bool = False) -> Reported:
        """A record of a name that none has; `taken`: under an id that there is."""
        return self._guarded(lambda: self._created("new", tried, taken), in_batch)

    def update(self, target: str, *, version: bool = True, in_batch: bool = False) -> Reported:
        """A change of a record; without `version` it expects one that never is."""
        return self._guarded(lambda: self._changed(self._update, target, version), in_batch)

    def delete(self, target: str, *, version: bool = True, in_batch: bool = False) -> Reported:
        """Its removal."""
        return self._guarded(lambda: self._deleted(target, version), in_batch)

    def upsert(self, target: str, *, in_batch: bool = False) -> Reported:
        """PUT by the name of a record."""
        return self._guarded(lambda: self._upserted(target), in_batch)

    def _guarded(self, decide: Any, in_batch: bool = False) -> Reported:
        if not self._asker.holds:
            return Reported(401)
        if in_batch and self._asker.claims is None and not self._batches_are_open:
            return Reported(401)
        try:
            reported: Reported = decide()
        except Refused as refused:
            return Reported(refused.status)
        return reported

    def _decision(self, words: tuple[str, ...], scope: str) -> str:
        """`all`, `own` or `refused`."""
        claims = self._asker.claims
        if claims is None:
            return "all" if words == ("PUBLIC",) else "refused"
        granted = claims["scope"].split()
        if scope not in granted:
            return "refused"
        met = {
            "PUBLIC": True,
            "SIGNED_IN": True,
            "Role": ADMIN in claims["roles"],
            "Scope": EDIT in granted,
        }
        if any(met.get(word, False) for word in words):
            return "all"
        return "own" if "OWNER" in words else "refused"

    def _demand(self, words: tuple[str, ...], scope: str) -> str:
        decision = self._decision(words, scope)
        if decision == "refused":
            raise Refused(401 if self._asker.claims is None and words != ("NOBODY",) else 403)
        if decision == "own" and self._asker.owner is None:
            raise Refused(403 if self._asker.has_key else 401)
        return decision

    def _demand_creator(self) -> None:
        self._demand(self._create, WRITE)
        if self._names_no_owner:
            raise Refused(401)

    @property
    def _names_no_owner(self) -> bool:
        """Whether it is for the asker's token to name an owner, and it does not: a key need not."""
        asker = self._asker
        return asker.claims is not None and asker.owner is None and not asker.has_key

    def reads(self, target: str) -> bool:
        """Whether it may read the record that is called so."""
        return target != MISSING and self._reads(OWNERS[target])

    def _reads(self, owner: str | None) -> bool:
        """Whether it may read the records of `owner`, which are his, hers, or its own new one."""
        decision = self._decision(self._read, READ)
        if decision == "own":
            return owner is not None and owner == self._asker.owner
        return decision == "all"

    def _one(self, target: str) -> Reported:
        self._demand(self._read, READ)
        there = target != MISSING and self._reads(OWNERS[target])
        return Reported(200, (target,), versioned=True) if there else Reported(404)

    def _listed(self, owner: str | None, where: str | None) -> Reported:
        decision = self._demand(self._read, READ)
        if owner is not None and (decision == "own" or not {"Role", "Scope"} & set(self._read)):
            return Reported(400)
        shown = [each for each in (HERS, HIS) if self._reads(OWNERS[each])]
        found = [each for each in shown if owner in (None, OWNERS[each]) and where in (None, each)]
        return Reported(200, tuple(found))

    def _wrong(self, action: str) -> Reported:
        if action == "create":
            self._demand_creator()
        else:
            words = {"read": self._read, "update": self._update, "delete": self._delete}[action]
            self._demand(words, READ if action == "read" else WRITE)
        return Reported(400)

    def _created(self, title: str, tried: bool = False, taken: bool = False) -> Reported:
        self._demand_creator()
        if taken:
            return Reported(412)
        if not self._reads(self._asker.owner):
            return Reported(204)
        return Reported(200, (title,)) if tried else Reported(201, (title,), versioned=True)

    def _changed(self, words: tuple[str, ...], target: str, version: bool) -> Reported:
        """A write to a record that is there, or is not."""
        decision = self._demand(words, WRITE)
        self._demand_there(decision, target)
        if not version:
            tells = self._decision(self._read, READ) == "all" or (
                self._decision(self._read, READ) == "own" and decision == "own"
            )
            return Reported(412, versioned=tells)
        return Reported(200, (target,), versioned=True) if self._reads(OWNERS[target]) else Reported(204)

    def _deleted(self, target: str, version: bool) -> Reported:
        reported = self._changed(self._delete, target, version)
        return reported if reported.status == 412 else Reported(204)

    def _demand_there(self, decision: str, target: str) -> None:
        own = OWNERS[target] == self._asker.owner
        if target == MISSING or (decision == "own" and not own):
            readable = self._decision(self._read, READ) == "all" and target != MISSING
            raise Refused(403 if readable else 404)

    def _upserted(self, target: str) -> Reported:
        update, create = self._decision(self._update, WRITE), self._decision(self._create, WRITE)
        if create == "refused":
            return self._changed(self._update, target, version=True)
        if update == "refused":
            self._demand_creator()
            taken = target != MISSING and OWNERS[target] == self._asker.owner
            return Reported(409) if taken else self._created(target)
        self._demand(self._update, WRITE)
        mine = target != MISSING and (update == "all" or OWNERS[target] == self._asker.owner)
        if mine:
            return self._changed(self._update, target, version=True)
        if self._names_no_owner:
            return Reported(404)
        return self._created(target)
