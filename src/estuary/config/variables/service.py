"""What is served, and for what."""

from estuary.config.forms import REFERENCES, choice
from estuary.config.variable import Variable

PRODUCTION = "production"


class ServiceVariables:
    """The section "Service"."""

    __slots__ = ()
    SECTION = "Service"

    app_profile = Variable(
        choice("development", PRODUCTION),
        default="development",
        summary="What Estuary is run for; it decides the defaults below.",
    )

    resources = Variable(
        REFERENCES,
        default="estuary.core.items:ITEMS",
        summary="The resources to serve: where each is declared.",
    )
