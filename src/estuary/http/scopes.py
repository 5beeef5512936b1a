"""Scopes: what a token must grant for reading and for writing a resource's records."""

from typing import NamedTuple

RESOURCE = "{resource}"


class Scopes(NamedTuple):
    """The scopes for reading and writing, in which `{resource}` stands for the resource's name.

    Both are None where a token is enough, whatever it grants.
    """

    read: str | None = None
    write: str | None = None

    def of(self, resource: str) -> "Scopes":
        """The scopes for `resource`."""
        if self.read is None or self.write is None:
            return NO_SCOPES
        return Scopes(*(scope.replace(RESOURCE, resource) for scope in (self.read, self.write)))


NO_SCOPES = Scopes()
