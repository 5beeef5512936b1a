"""The `TokenVerifier` for both kinds of bearers: what begins with `esk_` is an API key, the rest tokens."""

from estuary.auth.key_verifier import KeyVerifier
from estuary.core.access.identity import Identity, Refusal
from estuary.core.api_keys.api_key_text import PREFIX
from estuary.core.errors import Unauthenticated
from estuary.core.ports import TokenVerifier


class BearerVerifier:
    """Asks `keys` or `tokens`, which is None where no issuer's tokens are accepted."""

    def __init__(self, keys: KeyVerifier, tokens: TokenVerifier | None) -> None:
        self._keys = keys
        self._tokens = tokens
        self.known = keys.bearers.find

    async def verify(self, token: str, name: str) -> Identity:
        """Verify a token or a key, as the port says."""
        if token.startswith(PREFIX):
            return await self._keys.verify(token, name)
        if self._tokens is None:
            raise Unauthenticated(Refusal.MALFORMED)
        return await self._tokens.verify(token, name)
