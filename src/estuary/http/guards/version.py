"""The API's version: path, then `Accept`, then `X-API-Version`; one that does not exist is refused."""

from estuary.http.errors import InvalidParameter, VersionNotAcceptable
from estuary.http.messages import Guard, Request, Verdict
from estuary.http.negotiation import Accept, Offer, accepted

SUPPORTED = ("v1",)
_APPLICATION, _VENDOR, _JSON = "application", "vnd.estuary.", "+json"
_SERVED = (
    Offer(_APPLICATION, "json"),
    *(Offer(_APPLICATION, f"{_VENDOR}{version}{_JSON}") for version in SUPPORTED),
)


class SupportedVersion(Guard):
    """Refuses a request that names versions which do not exist, wherever it names them.

    One that exists is enough, and so is anything else that the client accepts and that JSON is: `*/*`, say.
    """

    def check(self, request: Request) -> Verdict:
        """Let the request pass, or raise `VersionNotAcceptable` or `InvalidParameter`."""
        headers = request.headers
        if headers.get("accept") is not None:
            _check_accept(accepted(headers))
        if headers.get("x-api-version") is not None:
            for named in headers.get_all("x-api-version"):
                if f"v{named.strip().lower().removeprefix('v')}" not in SUPPORTED:
                    raise InvalidParameter(
                        "X-API-Version", f"Version must be one of {', '.join(SUPPORTED)}"
                    )
        return None


def _check_accept(accept: Accept) -> None:
    asked = [
        each.subtype.removeprefix(_VENDOR).removesuffix(_JSON)
        for each in accept.ranges
        if each.quality > 0.0 and each.type == _APPLICATION and each.subtype.startswith(_VENDOR)
    ]
    if asked and not any(accept.quality(offer) > 0.0 for offer in _SERVED):
        raise VersionNotAcceptable(", ".join(asked), SUPPORTED)
