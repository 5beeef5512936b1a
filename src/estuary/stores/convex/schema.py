"""`schema.ts` for declared resources: their tables as Convex checks them, and a digest of each."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from json import dumps
from typing import assert_never

from estuary.core.field import Field
from estuary.core.kinds.constraints import OneOf
from estuary.core.kinds.kind import Storage, Stored
from estuary.core.resource import DeclarationError, Resource

_OURS = "estuary_"
"""What the names of the tables begin with that belong to no resource."""

_TEMPLATE = """\
// Written by `estuary convex schema`. Declare the resources in Python, then regenerate this.
import {{ defineSchema }} from "convex/server";
import {{ v }} from "convex/values";

import {{ bookkeeping, recordTable }} from "./tables";

/** By these Estuary sees whether what is deployed is what is declared. */
export const declared = {{
{digests}
}};

export default defineSchema({{
  ...bookkeeping,
{tables}
}});
"""


def schema(resources: Sequence[Resource]) -> str:
    """The text of `convex/schema.ts`; raises `DeclarationError` for a name that Convex could not have."""
    for resource in resources:
        if resource.name.startswith(_OURS):
            raise DeclarationError(f"resource {resource.name!r}: in Convex no name may begin with {_OURS}")
    digests = (f"  {name}: {dumps(digest)}," for name, digest in declared(resources).items())
    tables = (f"  {resource.name}: recordTable({_value(resource)})," for resource in resources)
    return _TEMPLATE.format(digests="\n".join(digests), tables="\n".join(tables))


def declared(resources: Sequence[Resource]) -> Mapping[str, str]:
    """For each resource a text that changes with whatever the schema says of it."""
    return {
        resource.name: blake2b(_value(resource).encode(), digest_size=8).hexdigest()
        for resource in resources
    }


def _value(resource: Resource) -> str:
    fields = "".join(f"      {field.name}: {_validator(field)},\n" for field in resource.fields)
    return f"\n    v.object({{\n{fields}    }}),\n  "


def _validator(field: Field) -> str:
    """What the field may hold; a field with a default may be missing in records older than it."""
    validator = _plain_validator(field.kind.document)
    if field.optional:
        validator = f"v.union({validator}, v.null())"
    return validator if field.required else f"v.optional({validator})"


def _plain_validator(stored: Stored) -> str:
    """What Convex can check of what is `stored`: its type, and that a text is one of a few."""
    if isinstance(stored.constraint, OneOf):
        literals = [f"v.literal({dumps(text)})" for text in sorted(stored.constraint.texts)]
        return f"v.union({', '.join(literals)})" if len(literals) > 1 else literals[0]
    match stored.storage:
        case Storage.TEXT:
            return "v.string()"
        case Storage.INTEGER | Storage.DOUBLE:
            return "v.number()"
        case Storage.BOOLEAN:
            return "v.boolean()"
        case Storage.TEXTS:
            return "v.array(v.string())"
        case _:
            assert_never(stored.storage)
