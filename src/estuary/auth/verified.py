"""Verified: tokens that were found good, so that a signature is verified once, not with each request."""

from collections import OrderedDict

from estuary.core.identity import Identity

MAX_TOKENS = 10_000
MAX_CHARACTERS = 8 * 1024 * 1024
"""Bounds on memory: so many tokens, and so many characters of them together."""


class VerifiedTokens:
    """The tokens used last, each with whom it speaks of and until when; forgotten when keys change.

    The token is its own key in a dictionary. Its hash is keyed by the process's own random number, and the
    texts are compared only where all 64 bits of it agree, so how long a look-up takes tells nothing of
    what is in here. A digest would take five times as long as the whole look-up.
    """

    def __init__(self, max_tokens: int = MAX_TOKENS, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self._characters = 0
        # Ordered by the last use, so that what can be forgotten stands in front.
        self._tokens: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self._find = self._tokens.get
        self._move_to_end = self._tokens.move_to_end

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, token: str, now: float) -> Identity | None:
        """Whom `token` speaks of, if it was found good and has not ended by `now`."""
        found = self._find(token)
        if found is None:
            return None
        if found[1] <= now:
            self._drop(token)
            return None
        self._move_to_end(token)
        return found[0]

    def add(self, token: str, identity: Identity, expires: float) -> None:
        """Remember that `token` is good until `expires`."""
        if token in self._tokens:
            self._drop(token)
        self._tokens[token] = identity, expires
        self._characters += len(token)
        while len(self._tokens) > self._max_tokens or self._characters > self._max_characters:
            self._drop(next(iter(self._tokens)))

    def clear(self) -> None:
        """Forget every token: the keys are not what they were."""
        self._tokens.clear()
        self._characters = 0

    def _drop(self, token: str) -> None:
        del self._tokens[token]
        self._characters -= len(token)
