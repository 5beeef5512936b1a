"""Forms of values: how a text is parsed, and how errors and documents describe what is allowed."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from estuary.config.errors import Refused, quoted

T = TypeVar("T")

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_MAX_DIGITS = 15
_MAX_PREFIX = 64


class Form(Generic[T]):
    """`read` turns a text into a value or raises `Refused`; `allowed` completes "it must be …".

    `types` are those that stand for a value in TOML.
    """

    def __init__(self, allowed: str, read: Callable[[str], T], *, types: tuple[type, ...] = (str,)) -> None:
        self.allowed = allowed
        self.read = read
        self.types = types


def whole_number(low: int, high: int) -> Form[int]:
    """Decimal digits for a number from `low` to `high`, both included."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
            raise Refused
        number = int(text)
        if not low <= number <= high:
            raise Refused
        return number

    return Form(f"a whole number from {low} to {high}", read, types=(int,))


def only(value: str, reason: str, form: Form[T]) -> Form[T]:
    """`form`, of whose values only `value` is supported; `reason` says why others are refused."""
    accepted = form.read(value)

    def read(text: str) -> T:
        number = form.read(text)
        if number != accepted:
            raise Refused(reason)
        return number

    return Form(value, read, types=form.types)


AUTO = 0
"""The value for a number that is determined at start-up."""


def or_auto(form: Form[int]) -> Form[int]:
    """`form`, or the word auto, which gives `AUTO`."""

    def read(text: str) -> int:
        return AUTO if text.lower() == "auto" else form.read(text)

    return Form(f"{form.allowed}, or auto", read, types=(*form.types, str))


def choice(*words: str) -> Form[str]:
    """One of `words`, in any case."""

    def read(text: str) -> str:
        if text.lower() not in words:
            raise Refused
        return text.lower()

    return Form(either(words), read)


def optional(form: Form[T]) -> Form[T | None]:
    """`form`, or an empty text for None."""
    return Form(form.allowed, lambda text: form.read(text) if text else None, types=form.types)


def comma_list(allowed: str, entry: Callable[[str], T]) -> Form[tuple[T, ...]]:
    """Comma-separated entries, blanks around them ignored; `entry` reads one or raises `Refused`."""

    def read(text: str) -> tuple[T, ...]:
        entries = tuple(entry(part.strip()) for part in text.split(",") if part.strip())
        if text and not entries:
            raise Refused("there is no entry in it")
        return entries

    return Form(allowed, read, types=(list, str))


def checked(allowed: str, accepts: Callable[[str], object]) -> Form[str]:
    """The text itself; `accepts` refuses it with a `ValueError`, whose message is the reason."""

    def read(text: str) -> str:
        try:
            accepts(text)
        except ValueError as error:
            raise Refused(str(error)) from error
        return text

    return Form(allowed, read)


def either(words: Sequence[str]) -> str:
    """`words` as an enumeration: "a, b or c"."""
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise Refused
    return word in _TRUE


BOOLEAN = Form("true or false (or 1/0, yes/no, on/off)", _boolean, types=(bool,))


def _reference(text: str) -> str:
    if "/" in text:
        _demand_folder(text)
        return text
    module, colon, attribute = text.partition(":")
    if not _is_dotted(module) or (colon and not attribute.isidentifier()):
        raise Refused(f"{quoted(text)} is not of that form")
    return text


def _demand_folder(text: str) -> None:
    """Refuse a path whose modules could not be imported by name."""
    path = PurePosixPath(text)
    if path.is_absolute() or not path.parts or not all(part.isidentifier() for part in path.parts):
        raise Refused(
            f"{quoted(text)} must be a folder in the working directory, whose name could be a module's"
        )


def _is_dotted(module: str) -> bool:
    return all(part.isidentifier() for part in module.split("."))


REFERENCES = comma_list("a comma list of module:NAME, module or folder/", _reference)
"""Where resources are declared: one by its name, or all of a module or a folder; none is imported here."""


def _prefix(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text and len(text) <= _MAX_PREFIX):
        raise Refused
    return text


PREFIX = Form(f"at most {_MAX_PREFIX} printable ASCII characters without blanks", _prefix)
"""A prefix for names in a store that others use, too; empty for none."""


def _header_text(text: str) -> str | None:
    if not (text.isascii() and text.isprintable()):
        raise Refused
    return text or None


HEADER_TEXT = Form("printable ASCII, as a header's value is", _header_text)
"""A header's value (RFC 9110, section 5.5, without obs-text), None if empty."""


def _file_path(text: str) -> Path | None:
    if text.endswith("/"):
        raise Refused("it names a folder")
    return Path(text) if text else None


FILE_PATH = Form("the path of a file", _file_path)
"""A path, which may be relative to the working directory, None if empty; its existence is not checked."""
