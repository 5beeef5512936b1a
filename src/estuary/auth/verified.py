"""Verified: tokens that were found good, so that a signature is verified once, not with each request."""

from collections import OrderedDict
from collections.abc import Callable

from estuary.core.identity import Identity

MAX_TOKENS = 10_000
MAX_CHARACTERS = 8 * 1024 * 1024
"""Bounds on memory: so many tokens, and so many characters of them together."""


class VerifiedTokens:
    """The tokens used last, each with whom it speaks of and until when; forgotten when keys change.

    A token's name is the text that it came in, with the token whole in it; `timestamp` tells the seconds
    since the epoch. Names are keys of a dictionary: their hashes are keyed by the process's own random
    number, and texts are compared only where all 64 bits of those agree, so how long a look-up takes tells
    nothing of what is in here. A digest would take five times as long as the whole look-up.
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
        # Ordered by the last use, so that what can be forgotten stands in front.
        self._tokens: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        # Most of a service's clients are services: the token used last is found without a hash of it.
        self._last: str | None = None
        self._identity: Identity | None = None
        self._expires = 0.0
        self._find = self._tokens.get
        self._move_to_end = self._tokens.move_to_end

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, name: str) -> Identity | None:
        """Whom the token speaks of that was found good under `name`, if it has not ended."""
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
        """Remember under `name` that a token is good until `expires`."""
        self._last = None
        if name in self._tokens:
            self._drop(name)
        self._tokens[name] = identity, expires
        self._characters += len(name)
        while len(self._tokens) > self._max_tokens or self._characters > self._max_characters:
            self._drop(next(iter(self._tokens)))

    def clear(self) -> None:
        """Forget every token: the keys are not what they were."""
        self._tokens.clear()
        self._last = None
        self._characters = 0

    def _drop(self, name: str) -> None:
        if name == self._last:
            self._last = None
        del self._tokens[name]
        self._characters -= len(name)
