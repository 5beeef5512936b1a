"""Pages for a browser: the API's documentation and the console."""

from estuary.config.forms import BOOLEAN, choice
from estuary.config.variable import Variable

CONSOLE_OFF, CONSOLE_ON_API = "off", "api"


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
        choice(CONSOLE_OFF, CONSOLE_ON_API),
        default=CONSOLE_OFF,
        summary="Where /console, the page to look at records and change them, is: api is PORT.",
    )
