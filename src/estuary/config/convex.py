"""The form of CONVEX_DEPLOYMENT_URL and CONVEX_DEPLOY_KEY."""

from urllib.parse import urlsplit

from estuary.config.errors import Refused
from estuary.config.forms import Form
from estuary.config.networks import origin

CONVEX = "convex"
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_HTTP_ACTIONS = ".convex.site"
_NOT_AN_ORIGIN = "it is more than scheme, host and port, or less"


def deployment(text: str) -> str | None:
    """The deployment's origin, None for an empty text; messages of refusals repeat nothing of it."""
    if not text:
        return None
    if not text.lower().startswith(("https://", "http://")):
        raise Refused("it does not begin with https://")
    try:
        found = origin(text.removesuffix("/"))
    except Refused:
        raise Refused(_NOT_AN_ORIGIN) from None
    if (urlsplit(found).hostname or "").endswith(_HTTP_ACTIONS):
        raise Refused(f"{_HTTP_ACTIONS} serves HTTP actions; functions are called at .convex.cloud")
    return found


def is_guarded(origin: str) -> bool:
    """Whether traffic to `origin` is encrypted, or stays on this machine."""
    parts = urlsplit(origin)
    return parts.scheme == "https" or parts.hostname in _THIS_MACHINE


def _key(text: str) -> str | None:
    if not text.isascii() or any(character.isspace() for character in text):
        raise Refused("it has blanks or characters outside ASCII")
    return text or None


DEPLOYMENT_URL = Form("a URL such as https://happy-otter-123.convex.cloud", deployment)
DEPLOY_KEY = Form("a deploy key as Convex's dashboard shows it", _key)
