"""The parameter `expand`, and the member `expand` of answers, in the OpenAPI document."""

from collections.abc import Sequence

from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys
from estuary.core.resource import Resource
from estuary.http.openapi.list_schemas import parameter, reference
from estuary.http.openapi.schemas import Schema
from estuary.http.records.expansion import EXPAND, MAX_NAMES, Expansions

_EXPANDED = ("get", "post", "put", "patch")
_MEANING = "The references whose records are shown beside the record, under `expand`"


def add_expansion(paths: Schema, schemas: Schema, resources: Sequence[Resource]) -> None:
    """Add it to the `paths` and `schemas` of those `resources` that refer to others."""
    keys = ForeignKeys(key for each in resources for key in each.foreign_keys)
    named = {each.name: each.value_type.__name__ for each in resources}
    for resource in resources:
        names = Expansions(resource.name, keys).names
        if names:
            _add_schemas(schemas, named, keys.of(resource.name), names)
            _add_parameter(paths, resource, names)


def _add_schemas(
    schemas: Schema, named: dict[str, str], keys: Sequence[ForeignKey], names: Sequence[str]
) -> None:
    name = named[keys[0].resource]
    expanded = f"{name}Expand"
    schemas[expanded] = {
        "type": "object",
        "description": "What `expand` asked for; null where there is nothing, or nothing to be read.",
        "properties": {
            key.field: {"anyOf": [reference(named[key.target]), {"type": "null"}]} for key in keys
        },
    }
    for whole in (name, f"{name}Part"):
        schemas[whole]["properties"] |= {"expand": reference(expanded) | {"readOnly": True}}
    schemas[f"{name}Query"]["properties"][EXPAND] = {
        "type": "array",
        "items": {"type": "string", "enum": list(names)},
        "minItems": 1,
        "maxItems": MAX_NAMES,
        "description": f"{_MEANING}.",
    }


def _add_parameter(paths: Schema, resource: Resource, names: Sequence[str]) -> None:
    one = "|".join(name.replace(".", "\\.") for name in names)
    pattern = f"^({one})(,({one})){{0,{MAX_NAMES - 1}}}$"
    expand = parameter(
        EXPAND, "query", {"type": "string", "pattern": pattern}, f"{_MEANING}, with commas between."
    )
    for path in paths.values():
        for method, operation in path.items():
            if method in _EXPANDED and _tells_of(resource, operation):
                operation["parameters"] = [*operation.get("parameters", ()), expand]


def _tells_of(resource: Resource, operation: Schema) -> bool:
    """Whether the operation answers with records of `resource`, and takes parameters."""
    is_query = str(operation["operationId"]).startswith("query_")
    return resource.name in operation.get("tags", ()) and not is_query
