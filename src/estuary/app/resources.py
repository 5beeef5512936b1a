"""Loads the resources that RESOURCES names, and makes the OpenAPI document from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType

import msgspec

from estuary import __version__
from estuary.app.access import batch_rights, rights
from estuary.app.importing import calling_place, flush_standard_output, imported
from estuary.app.places import make_importable, place_of
from estuary.core.declarations import DeclarationError, Faults, noting
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.references.reference_declarations import check_references
from estuary.core.resource import Resource
from estuary.http.openapi.document import document
from estuary.http.openapi.names import Clash, clashes, has_forbidden_name
from estuary.http.routes import API_PREFIX
from estuary.http.scopes import Scopes


def openapi(
    resources: Sequence[Resource],
    access: Scopes | None = None,
    *,
    metrics: bool = True,
    most_operations: int = 100,
    keys: bool = False,
) -> bytes:
    """The OpenAPI document of `resources`, encoded.

    `access` are the scopes, None if authentication is off; `metrics` says whether they are on the same
    port; a batch has at most `most_operations`; `keys` says whether API keys are administered.
    """
    granted = rights(resources, access)
    described = document(
        resources,
        version=__version__,
        prefix=API_PREFIX,
        rights=granted,
        batch_rights=None if access is None else batch_rights(granted.values()),
        metrics=metrics,
        most_operations=most_operations,
        keys=keys,
    )
    return msgspec.json.encode(described)


def load_resources(references: Sequence[str]) -> list[Resource]:
    """The declared resources that the entries of RESOURCES name, in their order.

    An entry is `module:NAME`, or `module`, or `folder/`, for every resource in a module or a folder's
    modules. Raises `DeclarationError` for all faults of all that they declare. Raises `OSError` if what was
    printed before cannot be written: it is not to appear on standard error, which takes the place of
    standard output while modules are imported.
    """
    flush_standard_output()
    loading, faults = _Loading(), Faults()
    for reference, number in Counter(references).items():
        with faults:
            loading.load(reference)
            if number > 1:
                raise DeclarationError(f"RESOURCES: {reference} is named {number} times")
    with faults:
        loading.demand_faultless()
    with faults:
        loading.demand_one_of_each_name()
    with faults:
        loading.demand_names_for_schemas()
    faults.demand_none()
    loaded = list(loading.loaded.values())
    keys = ForeignKeys(key for each in loaded for key in each.foreign_keys)
    with faults:
        loading.demand_distinct_names_in_document()
    with faults:
        check_references(keys, [each.name for each in loaded])
    faults.demand_none()
    return loaded


class _Faulty(msgspec.Struct, frozen=True):
    """What a module declares and cannot be served, why not, and where that stands."""

    declared: Resource
    error: DeclarationError
    module: str
    place: str


class _Loading:
    """Imports modules, and notes what is wrong with their declarations."""

    def __init__(self) -> None:
        self.loaded: dict[str, Resource] = {}
        """Each once, by the first reference of the form `module:NAME` that leads to it."""
        self._faulty: list[_Faulty] = []

    def load(self, reference: str) -> None:
        """Import what is referred to; raises `DeclarationError` where that is or holds no resource."""
        modules, attribute = place_of(reference)
        faults, before, found = Faults(), len(self._faulty), False
        for module in modules:
            with faults:
                make_importable(module)
                found = self._load_module(module, attribute, reference if attribute else module) or found
        faults.demand_none()
        if not found and len(self._faulty) == before:
            raise DeclarationError(f"RESOURCES: {reference} declares no Resource{_meant(reference)}")

    def _load_module(self, module_name: str, attribute: str, reference: str) -> bool:
        """Import one module, and keep what it declares; returns whether that is anything."""

        def note(declared: Resource, error: DeclarationError) -> None:
            self._faulty.append(_Faulty(declared, error, module_name, calling_place(module_name)))

        before = len(self._faulty)
        with noting(note):
            try:
                module, named = imported(module_name, reference, attribute)
            except DeclarationError:
                # What a module does with a faulty declaration may well raise an error that says less.
                if len(self._faulty) == before:
                    raise
                return False
        if not attribute:
            declared = _declared_in(module)
        elif isinstance(named, Resource):
            declared = {attribute: named}
        else:
            raise DeclarationError(f"RESOURCES: {reference} is not a Resource")
        for name, resource in declared.items():
            if not any(resource is each for each in self.loaded.values()):
                self.loaded[f"{module_name}:{name}"] = resource
        return bool(declared)

    def demand_faultless(self) -> None:
        """Raise `DeclarationError` for every declaration with faults."""
        faults = [
            f"RESOURCES: {self._name(faulty)}: {fault}{f' ({faulty.place})' if faulty.place else ''}"
            for faulty in self._faulty
            for fault in faulty.error.faults
        ]
        if faults:
            raise DeclarationError(*dict.fromkeys(faults))

    def demand_one_of_each_name(self) -> None:
        """Raise `DeclarationError` for each name that several resources have, with where those are."""
        places: dict[str, list[str]] = {}
        for reference, resource in self.loaded.items():
            places.setdefault(resource.name, []).append(reference)
        several = {name: found for name, found in places.items() if len(found) > 1}
        if several:
            raise DeclarationError(
                *(
                    f"RESOURCES: {len(found)} resources are named {name!r}: {', '.join(found)}"
                    for name, found in several.items()
                )
            )

    def demand_names_for_schemas(self) -> None:
        """Raise `DeclarationError` for each resource whose class has a name that no schema may have."""
        messages = [
            f"RESOURCES: {reference}: the class {_class(resource)} names schemas of the OpenAPI document, "
            "which allows A-Z, a-z, 0-9, '_', '-' and '.' there: rename the class"
            for reference, resource in self.loaded.items()
            if has_forbidden_name(resource.value_type)
        ]
        if messages:
            raise DeclarationError(*messages)

    def demand_distinct_names_in_document(self) -> None:
        """Raise `DeclarationError` for schemas or operations that would have one name."""
        references = {resource: reference for reference, resource in self.loaded.items()}
        messages = [_clash(each, references) for each in clashes(list(self.loaded.values()))]
        if messages:
            raise DeclarationError(*messages)

    def _name(self, faulty: _Faulty) -> str:
        """The reference to it; where nothing refers to it, or its module did not get so far, both names."""
        found = (name for name, each in self.loaded.items() if each is faulty.declared)
        return next(found, f"{faulty.module}: {faulty.declared.name}")


def _declared_in(module: ModuleType) -> dict[str, Resource]:
    """Every resource in a module's namespace, by name, but those whose name begins with an underscore."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Resource) and not name.startswith("_")
    }


def _clash(clash: Clash, references: Mapping[Resource, str]) -> str:
    """Which resources would have a name of the OpenAPI document both, and what to rename."""
    what = f"the {'schema' if clash.of_schemas else 'operation'} {clash.name} in the OpenAPI document"
    own, own_class = references[clash.resource], _class(clash.resource)
    if clash.holder is None:
        mend = f"rename the class {own_class}" if clash.of_schemas else "choose another name"
        return f"RESOURCES: {own} would have {what}, which is Estuary's own: {mend}"
    if clash.holder is clash.resource:
        return f"RESOURCES: {own} would have {what} twice: rename a field of {own_class}"
    mend = (
        f"rename the class {_class(clash.holder)} or {own_class}"
        if clash.of_schemas
        else f"give one of them another name, or another singular than {clash.resource.singular!r}"
    )
    return f"RESOURCES: {references[clash.holder]} and {own} would both have {what}: {mend}"


def _class(resource: Resource) -> str:
    return f"{resource.value_type.__module__}.{resource.value_type.__qualname__}"


def _meant(reference: str) -> str:
    """A package whose modules declare resources is more likely meant as a folder."""
    if "/" in reference or ":" in reference:
        return ""
    return f"; every module in the folder of that name is {reference.replace('.', '/')}/"
