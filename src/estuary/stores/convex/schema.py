"""`schema.ts` for declared resources: their tables as Convex checks them, and digests of each.

Convex orders what an index holds by itself. So that its order is the API's, the functions write the fields
in indexes in one form: a missing one with its default, and times with all their digits.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from json import dumps
from typing import assert_never

import msgspec

from estuary.core.field import Field
from estuary.core.kinds.constraints import OneOf
from estuary.core.kinds.kind import Storage, Stored
from estuary.core.queries.uniques import UniqueKey
from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import DeclarationError, Resource
from estuary.stores.convex.documents import defaults, is_time
from estuary.stores.convex.indexes import (
    declared_indexes,
    folded_copy,
    folded_fields,
    reference_index,
    unique_index,
)

_OURS = "estuary_"
"""What the names of the tables begin with that belong to no resource."""

_TEMPLATE = """\
// Written by `estuary convex schema`. Declare the resources in Python, then regenerate this.
import {{ defineSchema }} from "convex/server";
import {{ v }} from "convex/values";

import {{ bookkeeping, type ForeignKey, type Indexed, recordTable, type UniqueKey }} from "./tables";

/** By these Estuary sees whether what is deployed is what is declared. */
export const declared = {{
{digests}
}};

/** Indexes: their names, and how the functions keep the fields in them. */
export const indexed: Indexed = {{
{indexed}
}};

/** The unique keys of each resource. */
export const uniqueKeys: {{ [resource: string]: UniqueKey[] }} = {{
{keys}
}};

/** By which records refer to others. */
export const foreignKeys: ForeignKey[] = [{references}];

export default defineSchema({{
  ...bookkeeping,
{tables}
}});
"""


def schema(resources: Sequence[Resource]) -> str:
    """The text of `convex/schema.ts`.

    Raises `DeclarationError` for a name that Convex could not have, and for too many indexes.
    """
    for resource in resources:
        if resource.name.startswith(_OURS):
            raise DeclarationError(f"resource {resource.name!r}: in Convex no name may begin with {_OURS}")
    digests = (f"  {name}: {dumps(digest)}," for name, digest in declared(resources).items())
    tables = (
        f"  {resource.name}: recordTable({_value(resource)}){_indexes(resource)}," for resource in resources
    )
    return _TEMPLATE.format(
        digests="\n".join(digests),
        indexed="\n".join(map(_indexed, resources)),
        keys="\n".join(map(_unique_keys, resources)),
        references="".join(f"\n  {_foreign_key(key)}," for each in resources for key in each.foreign_keys),
        tables="\n".join(tables),
    )


def declared(resources: Sequence[Resource]) -> Mapping[str, str]:
    """For each resource a text that changes with whatever the schema says of its values."""
    return {resource.name: _digest(_value(resource) + _references(resource)) for resource in resources}


def _references(resource: Resource) -> str:
    return "".join(map(_foreign_key, resource.foreign_keys))


def _foreign_key(key: ForeignKey) -> str:
    definition = {
        "resource": key.resource,
        "field": key.field,
        "target": key.target,
        "index": reference_index(key),
    }
    return _literal(definition)


def _literal(members: Mapping[str, object]) -> str:
    return f"{{ {', '.join(f'{name}: {dumps(each)}' for name, each in members.items())} }}"


class Indexed(msgspec.Struct, frozen=True):
    """The names of a resource's indexes, and of fields in them how they are kept, as digests."""

    indexes: frozenset[str]
    forms: Mapping[str, str]

    def serves(self, other: "Indexed") -> bool:
        """Whether what needs `other` is served: one that is left over harms nothing."""
        return self.indexes >= other.indexes and self.forms.items() >= other.forms.items()


def indexed(resources: Sequence[Resource]) -> Mapping[str, Indexed]:
    """What the schema says of the indexes of each resource.

    Raises `DeclarationError` for more indexes than Convex keeps.
    """
    return {
        each.name: Indexed(
            frozenset(index.name for index in declared_indexes(each)),
            {name: _digest(form) for name, form in _forms(each).items()},
        )
        for each in resources
    }


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _indexes(resource: Resource) -> str:
    return "".join(
        f"\n    .index({dumps(index.name)}, {dumps(['generation', *index.paths])})"
        for index in declared_indexes(resource)
    )


def _indexed(resource: Resource) -> str:
    names = dumps([index.name for index in declared_indexes(resource)])
    forms = "".join(
        f"      {name}: {{ form: {dumps(_digest(form))}, {form} }},\n"
        for name, form in _forms(resource).items()
    )
    fields = f"{{\n{forms}    }}" if forms else "{}"
    return f"  {resource.name}: {{\n    indexes: {names},\n    fields: {fields},\n  }},"


def _forms(resource: Resource) -> Mapping[str, str]:
    """How fields in indexes are kept, those apart that are always there, and in one form only."""
    missing, forms = defaults(resource), {}
    names = {key.field for index in resource.indexes for key in index.keys}
    names |= {name for key in resource.unique_keys for name in key.fields}
    folds = folded_fields(resource)
    for field in resource.fields:
        options = [f"missing: {dumps(missing[field.name])}"] if field.name in missing else []
        if is_time(field.kind):
            options.append("time: true")
        if field.name in folds:
            options.append(f"folded: {dumps(folded_copy(field.name))}")
        if field.name in names and options:
            forms[field.name] = ", ".join(options)
    return forms


def _unique_keys(resource: Resource) -> str:
    keys = "".join(f"\n    {_unique_key(key)}," for key in resource.unique_keys)
    return f"  {resource.name}: [{keys}\n  ]," if keys else f"  {resource.name}: [],"


def _unique_key(key: UniqueKey) -> str:
    compared = [folded_copy(name) if name in key.folds else name for name in key.fields]
    definition: Mapping[str, object] = {
        "index": unique_index(key).name,
        "fields": key.fields,
        "compared": compared,
        "ofAll": key.of_all,
    }
    return _literal(definition)


def _value(resource: Resource) -> str:
    fields = "".join(f"      {field.name}: {_validator(field)},\n" for field in resource.fields)
    for name in sorted(folded_fields(resource)):
        fields += f"      {folded_copy(name)}: v.optional(v.union(v.string(), v.null())),\n"
    return f"\n    v.object({{\n{fields}    }}),\n  "


def _validator(field: Field) -> str:
    """What the field may hold; a field with a default may be missing in records older than it."""
    validator = _plain_validator(field.kind.document)
    if field.optional:
        validator = f"v.union({validator}, v.null())"
    return validator if field.required else f"v.optional({validator})"


def _plain_validator(stored: Stored) -> str:
    """The Convex validator of what is `stored`: its type, and which of a few texts it is."""
    if isinstance(stored.constraint, OneOf):
        literals = [f"v.literal({dumps(text)})" for text in sorted(stored.constraint.texts)]
        return f"v.union({', '.join(literals)})" if len(literals) > 1 else literals[0]
    match stored.storage:
        case Storage.TEXT | Storage.DECIMAL | Storage.DATE | Storage.UUID | Storage.JSON:
            return "v.string()"
        case Storage.INTEGER | Storage.DOUBLE:
            return "v.number()"
        case Storage.BOOLEAN:
            return "v.boolean()"
        case Storage.LIST:
            return f"v.array({'v.any()' if stored.entry is None else _plain_validator(stored.entry)})"
        case _:
            assert_never(stored.storage)
