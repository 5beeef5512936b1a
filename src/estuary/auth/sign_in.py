"""Which origins a page asks that has people sign in with an issuer (OpenID Connect Discovery 1.0)."""

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from estuary.auth.discovery import Fetch, document_address, metadata_of
from estuary.auth.fetch import FetchFailed

_ASKED_BY_PAGES = ("token_endpoint", "revocation_endpoint")
_DEADLINE_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0


class SignInOrigins:
    """Finds out, in the background, the origins of `issuer` that a page asks; says them to `found`, once.

    An issuer that does not answer, or with something else, is asked again, ever more seldom.
    """

    def __init__(
        self, issuer: str, fetch: Fetch, found: Callable[[Sequence[str]], None], *, https_only: bool
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._found = found
        self._https_only = https_only
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask, on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout(_DEADLINE_SECONDS):
                    document = await self._fetch(document_address(self._issuer))
                metadata = metadata_of(document, self._issuer)
            except (FetchFailed, TimeoutError):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                published = [metadata.get(name) for name in _ASKED_BY_PAGES]
                addresses = [self._issuer, *(each for each in published if isinstance(each, str))]
                self._found(origins(addresses, https_only=self._https_only))
                return


def origins(addresses: Sequence[str], *, https_only: bool) -> Sequence[str]:
    """The origins (RFC 6454) of those addresses that a policy may name, each once."""
    schemes = ("https",) if https_only else ("https", "http")
    found = []
    for address in addresses:
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            continue
        host = parts.hostname or ""
        # What an issuer publishes becomes part of a header: nothing that could end a directive of it.
        if parts.scheme in schemes and host and all(each.isalnum() or each in ".-:" for each in host):
            shown = f"[{host}]" if ":" in host else host
            found.append(f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}"))
    return list(dict.fromkeys(found))
