"""Who is known by an Authorization field that was verified before: bearers of tokens, and of API keys."""

import math
from collections.abc import Callable
from typing import Final

from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import Identity

_KEY_FIELD: Final = "Bearer esk_"


class KnownBearers:
    """Looks tokens up in `tokens` and keys in `keys`, each under the whole field.

    Keys are honoured until `honoured_until`, by `monotonic`: so a worker that hears nothing of revocations
    any more stops honouring all of them. `check_key` verifies a key that is not in `keys`, without waiting
    for anything: a key that holds is then let in at once, also where its client is blocked for bad ones.
    """

    def __init__(
        self,
        tokens: VerifiedTokens,
        keys: VerifiedTokens,
        check_key: Callable[[str], Identity | None],
        monotonic: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._keys = keys
        self._check_key = check_key
        self._monotonic = monotonic
        self.honoured_until = -math.inf

    def find(self, field: str) -> Identity | None:
        """Who sends `field`, None where a token was not verified yet, or a key does not hold."""
        if not field.startswith(_KEY_FIELD):
            return self._tokens.find(field)
        if self._monotonic() >= self.honoured_until:
            return None
        identity = self._keys.find(field)
        return self._check_key(field) if identity is None else identity
