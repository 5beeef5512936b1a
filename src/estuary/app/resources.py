"""The declared resources, found by their names, and the document that follows from them."""

from collections.abc import Sequence
from importlib import import_module

import msgspec

from estuary import __version__
from estuary.core.resource import DeclarationError, Resource
from estuary.http.openapi.document import document
from estuary.http.routes import API_PREFIX
from estuary.http.scopes import Scopes


def openapi(resources: Sequence[Resource], access: Scopes | None = None, *, metrics: bool = True) -> bytes:
    """The OpenAPI document of `resources`, encoded.

    `access` are the scopes where tokens are asked for; `metrics` says whether they are on the same port.
    """
    described = document(resources, version=__version__, prefix=API_PREFIX, access=access, metrics=metrics)
    return msgspec.json.encode(described)


def load_resources(references: Sequence[str]) -> list[Resource]:
    """The declared resources that `module:ATTRIBUTE` references name; raises `DeclarationError`."""
    resources = [_load_resource(reference) for reference in references]
    names = [resource.name for resource in resources]
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"RESOURCES: two resources are named {name!r}")
    return resources


def _load_resource(reference: str) -> Resource:
    module_name, _, attribute = reference.partition(":")
    try:
        resource = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise DeclarationError(f"RESOURCES: {reference} cannot be imported: {error}") from error
    if not isinstance(resource, Resource):
        raise DeclarationError(f"RESOURCES: {reference} is not a Resource")
    return resource
