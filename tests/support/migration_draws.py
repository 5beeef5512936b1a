"""Declarations as chance draws them, and changes of them as authors make them."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from msgspec import UNSET

from estuary import DeclarationError
from tests.support.migration_model import MAKERS, NOBODY, Declaration, Declared, Kind, obeys

_NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
_TEXTS = ("", "a", "A", "bb", "it's", '"alpha"', "far too long a text", *MAKERS, NOBODY)
_VALUES: dict[str, Sequence[Any]] = {
    "text": _TEXTS,
    "choice": _TEXTS,
    "reference": (*MAKERS, *MAKERS, NOBODY),
    "integer": (-7, 0, 1, 5, 12),
    "float": (-2.5, 0.0, 1.0, 7.25),
    "decimal": tuple(map(Decimal, ("-9.5", "0", "1.25", "7", "99.99"))),
    "boolean": (False, True),
    "date": (date(1999, 12, 31), date(2024, 2, 29)),
    "uuid": (UUID(MAKERS[0]), UUID(NOBODY)),
    "list": ([], [1], [1, 2], [1, 2, 3]),
}
_BASES = ("text", "text", "text", "choice", "reference", "reference", "integer", "integer", *_VALUES)


def a_declaration(chance: Random) -> Declaration:
    """One of a few fields."""
    names = chance.sample(_NAMES, chance.randint(2, 4))
    return _servable(lambda: Declaration(tuple(_field(chance, name) for name in names)))


def another(chance: Random, declared: Declaration) -> Declaration:
    """`declared` after some changes."""

    def changed() -> Declaration:
        new = declared
        for _ in range(chance.choice((1, 1, 2, 3))):
            new = chance.choice(_CHANGES)(chance, new)
        return new

    return _servable(changed)


def a_value(chance: Random, declared: Declared) -> Any:
    """A value that the field can have."""
    if declared.optional and chance.random() < 0.3:
        return None
    found = [each for each in _VALUES[declared.kind.base] if obeys(declared.kind, each)]
    value = chance.choice(found)
    return round(value, declared.kind.rule[1]) if declared.kind.base == "decimal" else value


def _servable(draw: Callable[[], Declaration]) -> Declaration:
    """The first that is drawn and no mistake."""
    while True:
        try:
            declared = draw()
            declared.resource()
        except (DeclarationError, IndexError, ValueError):  # nothing is left to choose from
            continue
        return declared


def _kind(chance: Random) -> Kind:
    base = chance.choice(_BASES)
    return Kind(base, _rule(chance, base))


def _rule(chance: Random, base: str) -> tuple[Any, ...]:
    match base:
        case "text":
            return (chance.choice((None, None, 1)), chance.choice((None, 4, 40, 40)))
        case "choice":
            return tuple(chance.sample(_TEXTS, chance.randint(2, 7)))
        case "reference":
            return (
                chance.choice(("makers", "makers", "parts")),
                chance.choice(("restrict", "cascade", "set_null")),
            )
        case "integer" | "float":
            return (chance.choice((None, None, -8, 0)), chance.choice((None, None, 8, 13)))
        case "decimal":
            return chance.choice(((4, 2), (8, 2), (6, 1), (10, 4), (3, 0)))
        case "list":
            return (chance.choice((None, 1, 3)),)
        case _:
            return ()


def _field(chance: Random, name: str) -> Declared:
    optional = chance.random() < 0.5
    drawn = Declared(name, _kind(chance), optional, indexed=chance.random() < 0.2)
    return _defaulted(chance, drawn._replace(unique=chance.random() < 0.1, folds=chance.random() < 0.5))


def _defaulted(chance: Random, declared: Declared) -> Declared:
    kinds = [UNSET, a_value(chance, declared)] if declared.kind.base != "reference" else [UNSET]
    return declared._replace(default=chance.choice([*kinds, None] if declared.optional else kinds))


Change = Callable[[Random, Declaration], Declaration]


def _of_one(change: Callable[[Random, Declared], Declared]) -> Change:
    """A change of one field, which then needs no former names any more."""

    def changed(chance: Random, declared: Declaration) -> Declaration:
        place = chance.randrange(len(declared.fields))
        new = change(chance, declared.fields[place])
        return declared._replace(
            fields=tuple(new if n == place else each for n, each in enumerate(declared.fields))
        )

    return changed


def _added(chance: Random, declared: Declaration) -> Declaration:
    name = chance.choice([each for each in _NAMES if each not in _names(declared)])
    return declared._replace(fields=(*declared.fields, _field(chance, name)))


def _removed(chance: Random, declared: Declaration) -> Declaration:
    gone = chance.choice(_names(declared))
    return Declaration(
        tuple(each for each in declared.fields if each.name != gone),
        tuple(each for each in declared.keys if gone not in each),
        tuple(each for each in declared.indexes if gone not in _bare(each)),
    )


def _renamed(chance: Random, declared: Declaration) -> Declaration:
    """With its former name, in keys and indexes too; or seldom without, as where that is forgotten."""
    old = chance.choice(_names(declared))
    new = chance.choice([each for each in _NAMES if each not in _names(declared)])
    former = (old,) if chance.random() < 0.9 else ()

    def named(name: str) -> str:
        return name.replace(old, new)

    return Declaration(
        tuple(
            each._replace(name=new, former=(*former, *each.former)) if each.name == old else each
            for each in declared.fields
        ),
        tuple(tuple(map(named, key)) for key in declared.keys),
        tuple(tuple(map(named, index)) for index in declared.indexes),
    )


def _keyed(chance: Random, declared: Declaration) -> Declaration:
    """With a key of two fields, or with none."""
    return declared._replace(keys=() if declared.keys else (tuple(chance.sample(_names(declared), 2)),))


def _indexed(chance: Random, declared: Declaration) -> Declaration:
    """With an index of two fields, or with none."""
    one, other = chance.sample(_names(declared), 2)
    index = (one, f"{chance.choice(('', '-'))}{other}")
    return declared._replace(indexes=() if declared.indexes else (index,))


def _names(declared: Declaration) -> list[str]:
    return [each.name for each in declared.fields]


def _bare(index: Sequence[str]) -> list[str]:
    return [name.removeprefix("-") for name in index]


def _of_another_rule(chance: Random, declared: Declared) -> Declared:
    return declared._replace(kind=Kind(declared.kind.base, _rule(chance, declared.kind.base)))


def _of_another_kind(chance: Random, declared: Declared) -> Declared:
    kinds = (Kind("float", declared.kind.rule),) if declared.kind.base == "integer" else ()
    return _defaulted(chance, declared._replace(kind=chance.choice([*kinds, _kind(chance)])))


def _optional(chance: Random, declared: Declared) -> Declared:
    changed = declared._replace(optional=not declared.optional)
    return _defaulted(chance, changed) if changed.default is None else changed


_CHANGES: Sequence[Change] = (
    *(_added, _added, _removed, _renamed, _renamed, _renamed, _keyed, _indexed),
    *map(_of_one, (_of_another_rule, _of_another_rule, _of_another_kind, _optional, _defaulted)),
    _of_one(lambda _, each: each._replace(unique=not each.unique)),
    _of_one(lambda _, each: each._replace(indexed=not each.indexed)),
    _of_one(lambda _, each: each._replace(former=())),
)
