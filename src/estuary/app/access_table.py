"""Who may do what with which resource, as the rules decide it (`estuary access`)."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from estuary.app.display_width import padded, width_of
from estuary.core.access.access import DECLARED, Action, Decision
from estuary.core.access.identity import Identity
from estuary.core.access.rights import Rights
from estuary.core.resource import Resource

_OWNER = "an owner"
_USUAL_ROOM = 30
"""Columns for the names of resources and askers, unless one is longer, or the terminal narrower."""
_LEAST_ROOM = 12
_CELL = 9
"""Columns for each action."""


class Row(NamedTuple):
    """What one sort of asker may do with the records of a resource."""

    who: str
    decisions: Mapping[Action, Decision]


class Table(NamedTuple):
    """The sorts of askers that a resource's rules distinguish, and the scopes that tokens must grant."""

    resource: str
    rows: Sequence[Row]
    read_scope: str | None
    write_scope: str | None


def access_table(
    resources: Sequence[Resource], rights: Mapping[str, Rights], *, owned: bool
) -> list[Table]:
    """A table for each of `resources`; those without `rights` are for everyone.

    `owned` says that records have owners.
    """
    owner = _OWNER if owned else None
    return [_table(each.name, rights.get(each.name), owner) for each in resources]


def as_text(tables: Sequence[Table], width: int | None) -> Iterator[str]:
    """The tables as lines: `own` are the asker's own records, `all` those of all owners.

    Where a name would make a line wider than `width`, it goes on in further lines.
    """
    names = [name for table in tables for name in (table.resource, *(f"  {row.who}" for row in table.rows))]
    room = max([_USUAL_ROOM, *(width_of(name) + 2 for name in names)])
    if width is not None:
        room = max(_LEAST_ROOM, min(room, width - _CELL * len(DECLARED)))
    for table in tables:
        yield from _lines(table.resource, "", [action.value for action in DECLARED], room)
        for row in table.rows:
            yield from _lines(row.who, "  ", [_cell(row, action) for action in DECLARED], room)
        if table.read_scope is not None:
            scopes = f"tokens must grant {table.read_scope} to read, {table.write_scope} to write"
            yield from _wrapped(scopes, "  ", width or len(scopes) + 2)


def as_json(tables: Sequence[Table]) -> list[dict[str, object]]:
    """The table as JSON."""
    return [
        {
            "resource": table.resource,
            "scopes": {"read": table.read_scope, "write": table.write_scope},
            "askers": [
                {"who": row.who, **{action.value: row.decisions[action].value for action in DECLARED}}
                for row in table.rows
            ],
        }
        for table in tables
    ]


def _table(name: str, rights: Rights | None, owner: str | None) -> Table:
    if rights is None:
        return Table(name, [Row("everyone", dict.fromkeys(DECLARED, Decision.ALL))], None, None)
    askers = {who: _decisions(rights, identity) for who, identity in _askers(rights, owner)}
    rows = [Row(who, decisions) for who, decisions in askers.items()]
    return Table(name, rows, rights.read.scope, rights.create.scope)


def _askers(rights: Rights, owner: str | None) -> Iterator[tuple[str, Identity | None]]:
    """One asker of each sort; those with a token have the configured scopes besides."""
    scopes = frozenset({rule.scope for rule in rights.rules if rule.scope is not None})
    yield "no token", None
    yield "a token", Identity("", owner, scopes)
    for role in sorted({role for rule in rights.rules for role in rule.roles}):
        yield f'Role("{role}")', Identity("", owner, scopes, frozenset({role}))
    for scope in sorted({scope for rule in rights.rules for scope in rule.scopes}):
        yield f'Scope("{scope}")', Identity("", owner, scopes | {scope})


def _lines(name: str, indentation: str, cells: Sequence[str], room: int) -> Iterator[str]:
    """A row of a table: the cells stand beside the first line of the name."""
    first, *others = _wrapped(name, indentation, room - 1)
    yield f"{padded(first, room)}{''.join(f'{cell:<{_CELL}}' for cell in cells)}".rstrip()
    yield from others


def _wrapped(text: str, indentation: str, width: int) -> list[str]:
    further = f"{indentation}  "
    return textwrap.wrap(
        text, width, initial_indent=indentation, subsequent_indent=further, break_on_hyphens=False
    )


def _decisions(rights: Rights, identity: Identity | None) -> Mapping[Action, Decision]:
    return {action: rights.rule(action).decide(identity) for action in DECLARED}


def _cell(row: Row, action: Action) -> str:
    decision = row.decisions[action]
    if decision is Decision.REFUSED:
        return "-"
    return "yes" if action is Action.CREATE else decision.value
