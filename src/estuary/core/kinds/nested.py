"""Structs within a record, with fields and rules of their own, kept as JSON."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types
from msgspec.structs import asdict

from estuary.core.declarations import DeclarationError
from estuary.core.errors import ValidationFailed
from estuary.core.field import Field
from estuary.core.fields import fields_of, patch_of, struct_of
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.json_schema import or_null
from estuary.core.kinds.kind import Broken, Conversion, Kind, Merge, Rule, Storage, Stored, Unservable
from estuary.core.queries.conditions import Operator
from estuary.core.rules import NULL, Rules, violation, within

_REQUIRED: Final = Broken("is required", "required")


class Nested(Kind):
    """A value of `value_type`, whose fields are `fields`."""

    annotation: ClassVar[str] = "a frozen Struct of these"
    noun: ClassVar[str] = "an object"
    is_scalar: ClassVar[bool] = False

    def __init__(self, value_type: type[msgspec.Struct], fields: tuple[Field, ...]) -> None:
        self.value_type: Final = value_type
        self.fields: Final = fields
        self._draft_type: Final[Any] = struct_of(value_type, fields, "Draft", lambda kind: kind.wire)
        self._patch_type: Final[Any] = patch_of(value_type, fields)
        self._kept_type: Final[Any] = struct_of(value_type, fields, "Kept", lambda kind: kind.kept)

    @classmethod
    def of(cls, declared: Declared) -> "Nested | None":
        """A frozen `Struct`, of all kinds that there are, which names fields as they are called."""
        if not isinstance(declared.type, types.StructType):
            return None
        struct = declared.type.cls
        if _holds(declared.type, struct):
            raise Unservable(f"{struct.__name__} holds itself, without an end")
        config = struct.__struct_config__
        if config.tag is not None or config.array_like or config.omit_defaults:
            raise Unservable(f"{struct.__name__} must not have a tag, array_like or omit_defaults")
        try:
            fields = fields_of(struct, declared.kinds)
        except DeclarationError as error:
            raise Unservable(f"{struct.__name__}: {'; '.join(error.faults)}") from error
        marked = next((each.name for each in fields if each.is_marked), None)
        if marked is not None:
            raise Unservable(f"{struct.__name__}: field {marked!r} has a marker of a record's own fields")
        return cls(struct, fields)

    @property
    def rules(self) -> tuple[Any, ...]:
        """What it is a value of, and the fields of that."""
        return (self.value_type, self.fields)

    @property
    def wire(self) -> Any:
        """An object of its fields."""
        return self._draft_type

    @property
    def patch(self) -> Any:
        """An object in which every field may be absent, and stays then."""
        return self._patch_type

    @property
    def merge(self) -> Merge | None:
        """Fields that the patch names, and the others as they are; raises `ValidationFailed`."""
        return self._merged

    @property
    def kept(self) -> Any:
        """The same, of values behind their rules."""
        return self._kept_type

    @property
    def revived(self) -> Conversion | None:
        """The declared type; what there is of the other was checked when it was written."""
        value_type = self.value_type
        revive = [(field.name, field.kind.revived) for field in self.fields]

        def revived(kept: msgspec.Struct) -> msgspec.Struct:
            values = asdict(kept)
            for name, each in revive:
                if each is not None and values[name] is not None:
                    values[name] = each(values[name])
            return value_type(**values)

        return revived

    @property
    def written(self) -> Conversion | None:
        """Each of its fields as it would be alone."""
        found = [(field.name, field.kind.written) for field in self.fields]
        if all(write is None for _, write in found):
            return None

        def written(value: msgspec.Struct) -> dict[str, Any]:
            members = asdict(value)
            for name, write in found:
                if write is not None and members[name] is not None:
                    members[name] = write(members[name])
            return members

        return written

    @property
    def column(self) -> Stored:
        """JSON, as clients see it."""
        return Stored(Storage.JSON, None, self._encoder(), self._decoder())

    @property
    def operators(self) -> frozenset[Operator]:
        """None: of a field that can be null one can ask whether it is."""
        return frozenset()

    @property
    def sortable(self) -> bool:
        """Objects have no order."""
        return False

    def part(self, name: str) -> Kind | None:
        """The kind of the field of this name."""
        return next((field.kind for field in self.fields if field.name == name), None)

    def rule(self) -> Rule:
        """The rules of all fields; raises `ValidationFailed` for every one that is broken."""
        value_type, names, rules = (
            self.value_type,
            [field.name for field in self.fields],
            Rules(self.fields),
        )
        return lambda source: value_type(**dict(zip(names, rules.cleaned(source), strict=True)))

    def schema(self) -> dict[str, Any]:
        """An object that has all fields."""
        properties = {field.name: _stated(field, field.kind.schema()) for field in self.fields}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def accepted(self) -> dict[str, Any]:
        """An object that has the fields without a default."""
        properties = {field.name: _stated(field, field.kind.accepted()) for field in self.fields}
        required = [field.name for field in self.fields if field.required]
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        return schema | {"required": required} if required else schema

    def patched(self) -> dict[str, Any]:
        """An object that has any of the fields."""
        properties = {field.name: _stated(field, field.kind.patched()) for field in self.fields}
        return {"type": "object", "properties": properties}

    def check_default(self, value: Any) -> None:
        """A value of the declared type that obeys the rules of its fields."""
        if not isinstance(value, self.value_type):
            raise self.mistyped()
        self.rule()(value)

    def recovered(self, value: Any) -> Any:
        """Every engine keeps JSON; PostgreSQL's driver and Convex give its text, too."""
        return msgspec.json.decode(value) if isinstance(value, str) else value

    def _merged(self, value: Any, patch: Any) -> Any:
        members, violations = {} if value is None else asdict(value), []
        for field in self.fields:
            # Apart: compiled, a property that is called gives itself, not what the function in it gives.
            given, merge = getattr(patch, field.name), field.kind.merge
            if given is msgspec.UNSET:
                if field.required and field.name not in members:
                    violations.append(violation(field, _REQUIRED))
                continue
            if given is None and not field.optional:
                violations.append(violation(field, NULL))
            elif given is None or merge is None:
                members[field.name] = given
            else:
                try:
                    members[field.name] = merge(members.get(field.name), given)
                except Broken as broken:
                    violations.append(violation(field, broken))
                except ValidationFailed as failed:
                    violations.extend(within(field.name, failed.violations))
        if violations:
            raise ValidationFailed(violations)
        return self._draft_type(**members)

    def _encoder(self) -> Conversion:
        encode = msgspec.json.Encoder().encode
        written = self.written
        if written is None:
            return lambda value: encode(value).decode()
        return lambda value: encode(written(value)).decode()

    def _decoder(self) -> Conversion:
        decode: Callable[[str], Any] = msgspec.json.Decoder(self._kept_type).decode
        revived = self.revived
        return decode if revived is None else lambda text: revived(decode(text))


def _stated(field: Field, schema: dict[str, Any]) -> dict[str, Any]:
    described = {"description": field.description} | schema if field.description else schema
    return or_null(described) if field.optional else described


def _holds(described: types.Type, struct: type[Any], seen: tuple[type[Any], ...] = ()) -> bool:
    """Whether a value of the type `described` can hold one of `struct` within itself."""
    match described:
        case types.Metadata(type=inner):
            return _holds(inner, struct, seen)
        case types.UnionType(types=inner):
            return any(_holds(each, struct, seen) for each in inner)
        case types.StructType(cls=found, fields=fields):
            if found in seen:
                return found is struct
            return any(_holds(field.type, struct, (*seen, found)) for field in fields)
    return False
