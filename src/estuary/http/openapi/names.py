"""The names that resources have in the OpenAPI document, none of which may mean two things.

Generators of clients make a type of each schema's name, and a function of each operation's id. The names
follow from each declaration alone, so that a resource that is added renames nothing of the others.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, NamedTuple

from estuary.core.field import Field
from estuary.core.resource import Resource

OWN_SCHEMAS: Final = frozenset(
    {
        *("Error", "Problem", "Violation", "Health", "Probe"),
        *("Batch", "BatchOperation", "BatchResult", "BatchResults"),
        *("ApiKey", "ApiKeys", "ApiKeyDraft", "ApiKeyRotation", "IssuedApiKey"),
    }
)
"""Names of schemas that belong to no resource, also where API keys are off."""
OWN_OPERATIONS: Final = frozenset(
    {
        *("root_health", "health", "live", "ready", "metrics", "openapi", "openapi_v1", "batch"),
        *("list_api_keys", "create_api_key", "read_api_key", "revoke_api_key", "rotate_api_key"),
    }
)
"""Ids of operations that belong to no resource."""
_FORMS: Final = (
    *("", "Draft", "Changes", "Patch", "Part"),
    *("Condition", "Query", "List", "Page", "Parts"),
)
_is_allowed: Final = re.compile(r"[A-Za-z0-9._-]+").fullmatch
"""What OpenAPI allows in the names of schemas (3.1.1, Components Object)."""
_OF_A_RECORD: Final = ("read", "update", "patch", "delete")


class Clash(NamedTuple):
    """A name that would mean two things."""

    name: str
    of_schemas: bool
    """Whether schemas would have it, and else operations."""
    resource: Resource
    holder: Resource | None
    """Which resource has it already, perhaps the same one; None where it is Estuary's own."""


def clashes(resources: Sequence[Resource]) -> Iterator[Clash]:
    """For each of `resources` the first name of its schemas and of its operations that is taken.

    Resources that are declared with one Struct share its schemas.
    """
    yield from _clashes(resources, schema_names, OWN_SCHEMAS, of_schemas=True)
    yield from _clashes(resources, operation_ids, OWN_OPERATIONS, of_schemas=False)


def has_forbidden_name(declared: object) -> bool:
    """Whether it is a class that no schema may be named after."""
    return isinstance(declared, type) and _is_allowed(declared.__name__) is None


def schema_names(resource: Resource) -> Iterator[str]:
    """The names of the schemas of `resource`."""
    forms = (*_FORMS, "Expand") if resource.foreign_keys else _FORMS
    yield from (f"{resource.value_type.__name__}{form}" for form in forms)
    yield from (by_value_schema_name(resource, field) for field in unique_fields(resource))
    named = (component_of(field, resource) for field in resource.fields)
    yield from (name for name in named if name is not None)


def operation_ids(resource: Resource) -> Iterator[str]:
    """The ids of the operations on `resource`."""
    yield from (operation_id(verb, resource.name) for verb in ("list", "query"))
    yield from (operation_id(verb, resource.singular) for verb in ("create", *_OF_A_RECORD))
    for field in unique_fields(resource):
        yield from (by_value_id(operation_id(verb, resource.singular), field) for verb in _OF_A_RECORD)


def operation_id(verb: str, what: str) -> str:
    """The id of an operation; what is no letter or digit in names of most languages becomes `_`."""
    return f"{verb}_{re.sub('[^A-Za-z0-9]+', '_', what)}"


def by_value_id(of_record: str, field: Field) -> str:
    """The id of the operation `of_record` where a value of `field` names the record."""
    return f"{of_record}_by_{field.name}"


def by_value_schema_name(resource: Resource, field: Field) -> str:
    """The name of the schema of what a PUT by a value of `field` holds."""
    return f"{resource.value_type.__name__}By{_capitalised(field)}"


def component_of(field: Field, resource: Resource) -> str | None:
    """What the schema of `field` is called; None where it has no name."""
    if field.kind.component is None:
        return None
    return f"{resource.value_type.__name__}{_capitalised(field)}{field.kind.component}"


def unique_fields(resource: Resource) -> Iterator[Field]:
    """The fields by whose values records can be named."""
    names = [key.fields[0] for key in resource.unique_keys if len(key.fields) == 1]
    return (field for field in resource.fields if field.name in names)


def _clashes(
    resources: Sequence[Resource],
    names: Callable[[Resource], Iterator[str]],
    own: Collection[str],
    *,
    of_schemas: bool,
) -> Iterator[Clash]:
    holders: dict[str, Resource | None] = dict.fromkeys(own)
    for resource in resources:
        for name in names(resource):
            if name in holders and not (of_schemas and _share(holders[name], resource)):
                yield Clash(name, of_schemas, resource, holders[name])
                break
            holders.setdefault(name, resource)


def _share(holder: Resource | None, resource: Resource) -> bool:
    """Whether both have one Struct, and so the same schemas."""
    return holder is not None and holder is not resource and holder.value_type is resource.value_type


def _capitalised(field: Field) -> str:
    return "".join(word.capitalize() for word in field.name.split("_"))
