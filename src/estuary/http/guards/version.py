"""The API's version: path, then `Accept`, then `X-API-Version`; one that does not exist is refused."""

import re

from estuary.core.errors import InvalidParameter, VersionNotAcceptable
from estuary.http.messages import Request, Response

SUPPORTED = ("v1",)
_VENDOR = "application/vnd.estuary."
_VENDOR_TYPE = re.compile(r"application/vnd\.estuary\.(?P<version>[a-z0-9]+)\+json")


def check_version(request: Request) -> Response | None:
    """Refuse a request that names versions which do not exist, wherever it names them.

    All of a client's vendor types are looked at: one that exists is enough. Raises
    `VersionNotAcceptable` for `Accept`, `InvalidParameter` for `X-API-Version`.
    """
    headers = request.headers
    accept = headers.get("accept")
    if accept is not None and _VENDOR in (lowered := accept.lower()):
        asked = _VENDOR_TYPE.findall(lowered)
        if not any(version in SUPPORTED for version in asked):
            raise VersionNotAcceptable(", ".join(asked), SUPPORTED)
    named = headers.get("x-api-version")
    if named is not None and f"v{named.strip().lower().removeprefix('v')}" not in SUPPORTED:
        raise InvalidParameter("X-API-Version", f"Version must be one of {', '.join(SUPPORTED)}")
    return None
