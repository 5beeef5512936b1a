"""How the values of a field are kept in documents, and read of them."""

from typing import Any, NamedTuple, assert_never

from estuary.core.kinds.kind import Conversion, Kind, Storage, Stored


class Form(NamedTuple):
    """How a field is read of a document: what msgspec decodes, and what makes the value of that."""

    type: Any
    decode: Conversion | None


def encoding_of(stored: Stored) -> Conversion | None:
    """What makes what is kept of a value; None where it is kept as it is."""
    if stored.encode is not None or stored.entry is None:
        return stored.encode
    each = encoding_of(stored.entry)
    return None if each is None else lambda values: [each(value) for value in values]


def form_of(kind: Kind) -> Form:
    """The form of a field of `kind`."""
    return _form(kind.document, kind)


def _form(stored: Stored, kind: Kind) -> Form:
    decode = stored.decode
    match stored.storage:
        case Storage.INTEGER:
            # Convex has one kind of number, and writes it as a float.
            return Form(int | float, int if decode is None else lambda number: decode(int(number)))
        case Storage.TEXT | Storage.DECIMAL | Storage.DATE | Storage.UUID | Storage.JSON:
            plain: Any = str
        case Storage.DOUBLE:
            plain = float
        case Storage.BOOLEAN:
            plain = bool
        case Storage.LIST:
            return _list_form(kind)
        case _:
            assert_never(stored.storage)
    return Form(kind.kept if decode is None else plain, decode)


def _list_form(kind: Kind) -> Form:
    decode = kind.document.decode
    if kind.entry is None or decode is not None:
        return Form(kind.kept if decode is None else list, decode)
    entry: Any = form_of(kind.entry)
    each: Conversion | None = entry.decode
    return Form(
        list[entry.type], None if each is None else lambda values: [each(value) for value in values]
    )
