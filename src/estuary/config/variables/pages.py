"""Pages for a browser: the API's documentation and the console."""

from estuary.config.forms import BOOLEAN, choice
from estuary.config.token_forms import CLIENT_ID, SCOPES
from estuary.config.variable import Variable

CONSOLE_OFF, CONSOLE_ON_API, CONSOLE_ON_ADMIN = "off", "api", "admin"


class PageVariables:
    """The section "Pages"."""

    __slots__ = ()
    SECTION = "Pages"

    docs_enabled = Variable(
        BOOLEAN,
        default="false",
        summary="Whether /docs shows the API's documentation, where requests can be tried.",
    )

    console = Variable(
        choice(CONSOLE_OFF, CONSOLE_ON_API, CONSOLE_ON_ADMIN),
        default=CONSOLE_OFF,
        summary="Where /console is, the page to look at records and change them: on PORT (api), or on "
        "ADMIN_PORT alone, which then serves the API, too (admin).",
    )

    console_oidc_client_id = Variable(
        CLIENT_ID,
        summary="The console's client id with the first AUTH_ISSUER, where people then sign in (OpenID "
        "Connect): a public client with PKCE, whose redirect address is the console's, /console/.",
    )

    console_oidc_scopes = Variable(
        SCOPES,
        summary="The scopes that the console then asks for, with openid; unset, those that resources need.",
    )
