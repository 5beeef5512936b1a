"""One variable of the configuration: an attribute of `Settings` with its form, defaults and summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Never, Protocol, TypeVar, cast, overload

from estuary.config.forms import Form

if TYPE_CHECKING:
    from estuary.config.settings import Settings

T = TypeVar("T")


class Section(Protocol):
    """A class whose attributes are the variables of one section of the documents."""

    SECTION: str


class Variable(Generic[T]):
    """A variable named after the attribute it is assigned to, in capitals.

    Defaults are texts, as an operator would write them; an empty one means no value. The section is the
    SECTION of the class that contains it. `production` is the default under that profile if it differs.
    `aliases` are other names of the variable. Reading the attribute from an instance of `Settings` returns
    the value, from the class the variable itself.
    """

    attribute: str
    name: str
    section: str

    def __init__(
        self,
        form: Form[T],
        *,
        default: str = "",
        production: str | None = None,
        aliases: tuple[str, ...] = (),
        secret: bool = False,
        summary: str,
    ) -> None:
        self.form = form
        self.default = default
        self.production = default if production is None else production
        self.aliases = aliases
        self.secret = secret
        self.summary = summary

    def __set_name__(self, owner: type[Section], attribute: str) -> None:
        self.attribute = attribute
        self.name = attribute.upper()
        self.section = owner.SECTION

    @overload
    def __get__(self, settings: None, owner: type[Section]) -> Variable[T]: ...
    @overload
    def __get__(self, settings: Section, owner: type[Section]) -> T: ...
    def __get__(self, settings: Section | None, owner: type[Section]) -> Variable[T] | T:
        if settings is None:
            return self
        value: T = cast("Settings", settings).values[self.attribute]
        return value

    def __set__(self, settings: Section, value: Never) -> Never:
        raise AttributeError(f"{self.attribute} cannot be set: settings do not change")

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the variable, the main one first."""
        return (self.name, *self.aliases)

    @property
    def differs_in_production(self) -> bool:
        """Whether the default depends on the profile."""
        return self.default != self.production
