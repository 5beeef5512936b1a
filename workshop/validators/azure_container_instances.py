"""Checks a container group against the models of Azure's SDK, which are made from the API's description.

    .tools/deploy/bin/python workshop/validators/azure_container_instances.py FILE…

Prints a line for each mistake, with its file, and ends with 1 if there is one. The SDK itself passes over
what it does not know; here every field has to be known, of its type, among its choices, not the service's
own to set, and there if it is required. Its models have all that in attributes that are private by name
only (msrest).
"""

import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from azure.mgmt.containerinstance import models

API_VERSION = "2023-05-01"
TYPE = "Microsoft.ContainerInstance/containerGroups"
SCALARS = {"str": str, "int": int, "float": (int, float), "bool": bool}


def main(paths: Sequence[str]) -> int:
    """Print what is wrong with each file; the exit code."""
    mistakes = [f"{path}: {mistake}" for path in paths for mistake in mistakes_in(Path(path))]
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes else 0


def mistakes_in(file: Path) -> Iterator[str]:
    """What is wrong with a file."""
    group = yaml.safe_load(file.read_text())
    # Whose request it is stands beside the group, and is not of it.
    given = {name: group.pop(name, None) for name in ("apiVersion", "type", "name")}
    wanted = {"apiVersion": API_VERSION, "type": TYPE, "name": given["name"] or "a name"}
    for key, value in given.items():
        if value != wanted[key]:
            yield f"{key}: {value!r} is not {wanted[key]!r}"
    yield from against(models.ContainerGroup, group, "")


def against(model: Any, given: Any, path: str) -> Iterator[str]:
    """What in `given` does not fit a model, whose fields may lie within `properties`."""
    if not isinstance(given, dict):
        yield f"{path}: {given!r} is no mapping"
        return
    left = flattened(given, {each["key"] for each in model._attribute_map.values()})
    for attribute, field in model._attribute_map.items():
        key, rules = field["key"], model._validation.get(attribute, {})
        value = left.pop(key, None)
        where = f"{path}.{key}".lstrip(".")
        if value is None:
            if rules.get("required"):
                yield f"{where}: it is required"
        elif rules.get("readonly"):
            yield f"{where}: the service sets it"
        else:
            yield from fits(field["type"], value, where)
    yield from (f"{path}.{key}".lstrip(".") + ": no such field" for key in left)


def fits(kind: str, value: Any, where: str) -> Iterator[str]:
    """What is wrong with a value that should be of `kind`, as the SDK writes it: str, [Port], {str}."""
    if kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for number, each in enumerate(value):
            yield from fits(kind[1:-1], each, f"{where}[{number}]")
    elif kind.startswith("{"):
        for name, each in value.items():
            yield from fits(kind[1:-1], each, f"{where}.{name}")
    elif kind in SCALARS:
        if not isinstance(value, SCALARS[kind]) or (isinstance(value, bool) and kind != "bool"):
            yield f"{where}: {value!r} is no {kind}"
        yield from among_choices(value, where)
    elif kind != "object":
        yield from against(getattr(models, kind), value, where)


def among_choices(value: Any, where: str) -> Iterator[str]:
    """The SDK names the choices of a field in an enumeration whose name ends with the field's own."""
    choices = CHOICES.get(where.rpartition(".")[2])
    if choices is not None and value not in {choice.value for choice in choices}:
        yield f"{where}: {value!r} is not one of {', '.join(choice.value for choice in choices)}"


def flattened(given: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    """The fields of a mapping by the SDK's dotted keys."""
    inner = given.get("properties", {})
    dotted = (
        {f"properties.{name}": value for name, value in inner.items()} if isinstance(inner, dict) else {}
    )
    nested = any(key.startswith("properties.") for key in keys)
    return (
        {**{name: value for name, value in given.items() if name != "properties"}, **dotted}
        if nested
        else given
    )


CHOICES: dict[str, type[Enum]] = {
    "osType": models.OperatingSystemTypes,
    "sku": models.ContainerGroupSku,
    "restartPolicy": models.ContainerGroupRestartPolicy,
    "protocol": models.ContainerNetworkProtocol,
    "scheme": models.Scheme,
    "logType": models.LogAnalyticsLogType,
    "priority": models.ContainerGroupPriority,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
