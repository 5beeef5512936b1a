"""What is served, and for what."""

from estuary.config.forms import BOOLEAN, REFERENCES, choice, whole_number
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
        default="estuary:ITEMS",
        summary="The resources to serve: one of a module, all of a module, or all of a folder's modules. "
        "They are looked for in the working directory, too.",
    )

    require_if_match = Variable(
        BOOLEAN,
        default="false",
        summary="Whether an update or delete must name the version it is made to (If-Match); one that does "
        "not is answered 428.",
    )

    batch_max_operations = Variable(
        whole_number(1, 1000),
        default="100",
        summary="How many operations a batch may have; each counts as a request against the rate limit.",
    )
