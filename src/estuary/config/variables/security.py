"""Settings of security headers and CORS."""

from estuary.config.forms import BOOLEAN, HEADER_TEXT
from estuary.config.networks import ORIGINS
from estuary.config.variable import Variable


class SecurityVariables:
    """The section "Security"."""

    __slots__ = ()
    SECTION = "Security"

    security_strict_mode = Variable(
        BOOLEAN,
        default="false",
        production="true",
        summary="Whether answers carry HSTS and the strict Content-Security-Policy.",
    )

    security_csp = Variable(
        HEADER_TEXT,
        summary="The Content-Security-Policy, instead of either mode's own.",
    )

    cors_allowed_origins = Variable(
        ORIGINS,
        default="*",
        production="",
        summary="The origins whose pages may call the API from a browser.",
    )
