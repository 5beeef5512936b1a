"""What lists of the declared resources can be asked, and which of it an index serves (`estuary check`)."""

from collections.abc import Iterator, Sequence

from estuary.core.queries.conditions import Operator, SortKey
from estuary.core.queries.indexes import DEFAULT_ORDER, IndexDefinition, ascending, shown, with_id
from estuary.core.resource import Resource


def askable(resources: Sequence[Resource], *, one_direction: bool = False) -> Iterator[str]:
    """Lines for each of `resources`: the operators of each attribute, then what each index serves.

    An order is served reversed as well, and with a range on its first field. With `one_direction` the
    indexes are those of a store in which all fields of one have the same direction.
    """
    for resource in resources:
        yield f"lists of {resource.name} can be asked by"
        for attribute in resource.attributes.values():
            names = " ".join(each.value for each in Operator if each in attribute.operators)
            yield f"  {attribute.name}: {names}{', sort' if attribute.kind.sortable else ''}"
        hidden = [field.name for field in resource.fields if field.hidden]
        if hidden:
            yield f"  but not by {', '.join(hidden)}: Hidden, in no answer"
        yield "  and are served, at the cost of a page, by"
        for index in ascending(resource.indexes) if one_direction else resource.indexes:
            name = ", ".join(shown(index))
            yield f"    ({name}): {'; '.join(_served(index))}"
        for key in resource.unique_keys:
            asked = "&".join(f"{field}=…" for field in key.fields)
            yield f"    ({', '.join(key.fields)}), unique: {asked}, in any order"


def _served(index: IndexDefinition) -> Iterator[str]:
    """The parameters that an index serves, from an order alone to equality of all but its last field."""
    for equal in range(max(1, len(index.keys) - 1)):
        conditions = [f"{key.field}=…" for key in index.keys[:equal]]
        order = index.keys[equal:]
        if order != DEFAULT_ORDER:
            conditions.append(f"sort={','.join(map(_name, _asked(order)))}")
        yield "&".join(conditions) or "no parameters"


def _asked(order: Sequence[SortKey]) -> Sequence[SortKey]:
    """`order` as a client asks for it: ties are broken by id without saying so."""
    return order[:-1] if with_id(order[:-1]) == order else order


def _name(key: SortKey) -> str:
    return f"-{key.field}" if key.descending else key.field
