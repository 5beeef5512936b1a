"""The service that a client calls: its URL, the credentials, and the time-outs and retries of calls."""

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from estuary import __version__
from estuary.client.exchange import Request, RetryPolicy

Token: TypeAlias = str | Callable[[], str]


class Service:
    """Checks a client's arguments; raises `ValueError` for one that is not allowed."""

    def __init__(
        self,
        base_url: str,
        token: Token | None,
        key: str | None,
        *,
        timeout: float,
        attempt_timeout: float,
        retries: int,
    ) -> None:
        if token is not None and key is not None:
            raise ValueError("token, key: one of them says who asks")
        _positive("timeout", timeout)
        _positive("attempt_timeout", attempt_timeout)
        if retries < 0:
            raise ValueError(f"retries: must be 0 or more, not {retries}")
        self.base_url: Final = _checked_url(base_url)
        self.retry_policy: Final = RetryPolicy(timeout, attempt_timeout, retries)
        self._credentials = token if token is not None else key
        if isinstance(self._credentials, str):
            _checked_credentials(self._credentials)

    def headers(self, request: Request) -> Mapping[str, str]:
        """The headers of one attempt; a callable token is called for each."""
        own = {"Accept": "application/json", "User-Agent": f"estuary-client/{__version__}"}
        if self._credentials is not None:
            given = self._credentials
            credentials = given if isinstance(given, str) else _checked_credentials(given())
            own["Authorization"] = f"Bearer {credentials}"
        return {**own, **request.headers}

    def __repr__(self) -> str:
        return self.base_url


def _checked_credentials(credentials: str) -> str:
    # Not shown: it is a secret.
    if not credentials or not credentials.isascii() or not credentials.isprintable() or " " in credentials:
        raise ValueError("token, key: must be printable ASCII without spaces, and not empty")
    return credentials


def _positive(name: str, seconds: float) -> None:
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{name}: must be a number of seconds above 0, not {seconds}")


def _checked_url(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"base_url: must begin with http:// or https:// and a host, not {base_url!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("base_url: must have neither a password, nor a query, nor a fragment")
    return base_url.rstrip("/")
