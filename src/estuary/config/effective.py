"""The value of each variable together with its source, as messages and `estuary check` show it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from estuary.config.settings import Settings
from estuary.config.variable import Variable


class Effective(NamedTuple):
    """A variable's value and its source; a secret's value is hidden.

    `is_placeholder`: it looks as if it was copied from an example.
    """

    name: str
    shown: str
    source: str
    is_placeholder: bool = False


class Configured(NamedTuple):
    """The values that were read, by attribute of `Settings`, and how they are shown, by variable.

    A variable whose value was refused is in neither.
    """

    values: Mapping[str, Any]
    effective: Mapping[str, Effective]

    @property
    def settings(self) -> Settings:
        """The values as settings; reading an attribute whose value was refused fails."""
        return Settings(self.values)

    def has(self, *variables: Variable[Any]) -> bool:
        """Whether each of `variables` has a value."""
        return all(each.attribute in self.values for each in variables)

    def source(self, variable: Variable[Any]) -> str:
        """Where the value of `variable` came from."""
        return self.effective[variable.name].source
