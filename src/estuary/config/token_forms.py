"""The forms of settings on tokens: algorithms, audiences, claims, scopes and secrets."""

import re

from estuary.auth.algorithms import ALGORITHMS
from estuary.config.errors import Refused, quoted
from estuary.config.forms import Form, comma_list, either

RESOURCE = "{resource}"
"""The placeholder for the resource's name in a scope."""

SHORTEST_SECRET = 16
LONGEST_ROLE = 255
_LONGEST_CLIENT_ID = 255

_SCOPE_FORM = r"[!#-\[\]-~]+"
"""RFC 6749, 3.3."""


def _algorithm(text: str) -> str:
    if text.upper().startswith("HS"):
        raise Refused(f"{quoted(text)} is symmetric: who can verify such a token can make one")
    if text not in ALGORITHMS:
        raise Refused(f"{quoted(text)} is not one of them")
    return text


def _audience(text: str) -> str:
    if not text.isprintable():
        raise Refused(f"{quoted(text)} is not printable")
    return text


def _claim(text: str) -> str | None:
    if '"' in text or "\\" in text:
        raise Refused
    return text or None


def _scope(text: str) -> str:
    if not re.fullmatch(_SCOPE_FORM, text.replace(RESOURCE, "x")) or "{" in text.replace(RESOURCE, "x"):
        raise Refused
    return text


def _granted_scope(text: str) -> str:
    if not re.fullmatch(_SCOPE_FORM, text):
        raise Refused(f"{quoted(text)} is not one")
    return text


def _client_id(text: str) -> str | None:
    """A client identifier (RFC 6749, A.1): printable ASCII."""
    if not (text.isascii() and text.isprintable()) or len(text) > _LONGEST_CLIENT_ID:
        raise Refused
    return text or None


def _role(text: str) -> str | None:
    if not text.isprintable() or len(text) > LONGEST_ROLE:
        raise Refused
    return text or None


def _secret(text: str) -> str | None:
    """A secret for a header (RFC 6750, 2.1): ASCII without blanks."""
    if not text:
        return None
    if len(text) < SHORTEST_SECRET:
        raise Refused("it is too short: anybody could try them all")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise Refused("it has blanks or letters outside ASCII")
    return text


ALGORITHM_LIST = comma_list(f"a comma list of {either(tuple(ALGORITHMS))}", _algorithm)
AUDIENCES = comma_list("a comma list of audiences as tokens name them", _audience)
CLAIM_PATH = Form("the name of a claim, or a path such as realm_access.roles", _claim)
CLIENT_ID = Form(f"a client id, at most {_LONGEST_CLIENT_ID} printable ASCII characters", _client_id)
CLAIM = Form("the name of a claim, such as sub or tenant", _claim)
ROLE = Form(f"the name of a role, at most {LONGEST_ROLE} printable characters", _role)
SCOPE = Form("a scope without blanks and quotes, such as {resource}:read", _scope)
SCOPES = comma_list("a comma list of scopes, such as profile, items:read", _granted_scope)
SECRET = Form(f"at least {SHORTEST_SECRET} characters without blanks", _secret)
