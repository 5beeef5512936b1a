"""Scopes: what a token must grant for each method on a resource's routes."""

from collections.abc import Mapping
from typing import NamedTuple

RESOURCE = "{resource}"
_READING, _WRITING = ("GET", "HEAD", "QUERY"), ("POST", "PUT", "PATCH", "DELETE")


class Scopes(NamedTuple):
    """The scopes for reading and writing, in which `{resource}` stands for the resource's name.

    Both are None where a token is enough, whatever it grants.
    """

    read: str | None = None
    write: str | None = None

    def of(self, resource: str) -> Mapping[str, str]:
        """The scope for each method on the routes of `resource`."""
        if self.read is None or self.write is None:
            return {}
        read, write = (scope.replace(RESOURCE, resource) for scope in (self.read, self.write))
        return {**dict.fromkeys(_READING, read), **dict.fromkeys(_WRITING, write)}


NO_SCOPES = Scopes()
