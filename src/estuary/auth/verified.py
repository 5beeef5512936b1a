"""A cache of verified tokens, so that a signature is not verified again with each request."""

from collections import OrderedDict
from collections.abc import Callable

from estuary.core.access.identity import Identity

MAX_TOKENS = 10_000
MAX_CHARACTERS = 8 * 1024 * 1024
"""Limits on memory: the number of tokens, and the number of their characters."""


class VerifiedTokens:
    """The tokens used last, each with its identity and expiry; cleared when keys change.

    The key is the header value, which contains the whole token; `timestamp` returns the seconds since the
    epoch. Keys are looked up in a dictionary: their hashes depend on a random number of the process, and
    texts are compared only if all 64 bits of their hashes agree, so the time of a look-up reveals nothing
    about the cached tokens. A digest would take five times as long as the whole look-up.
    """

    def __init__(
        self,
        timestamp: Callable[[], float],
        max_tokens: int = MAX_TOKENS,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        self._timestamp = timestamp
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self._characters = 0
        # Ordered by the last use, so that the first entry is the next to be evicted.
        self._tokens: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        # Most clients of a service are services: the token used last is found without hashing it.
        self._last: str | None = None
        self._identity: Identity | None = None
        self._expires = 0.0
        self._find = self._tokens.get
        self._move_to_end = self._tokens.move_to_end

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, name: str) -> Identity | None:
        """The identity of a token that was verified under `name`, None if it is unknown or has expired."""
        if name != self._last:
            found = self._find(name)
            if found is None:
                return None
            self._move_to_end(name)
            self._last, self._identity, self._expires = name, *found
        if self._expires <= self._timestamp():
            self._drop(name)
            return None
        return self._identity

    def add(self, name: str, identity: Identity, expires: float) -> None:
        """Remember under `name` that a token is valid until `expires`."""
        self._last = None
        if name in self._tokens:
            self._drop(name)
        self._tokens[name] = identity, expires
        self._characters += len(name)
        while len(self._tokens) > self._max_tokens or self._characters > self._max_characters:
            self._drop(next(iter(self._tokens)))

    def clear(self) -> None:
        """Forget every token: the keys have changed."""
        self._tokens.clear()
        self._last = None
        self._characters = 0

    def _drop(self, name: str) -> None:
        if name == self._last:
            self._last = None
        del self._tokens[name]
        self._characters -= len(name)
