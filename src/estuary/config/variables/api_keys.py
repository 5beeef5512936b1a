"""API keys: for machines that have no identity provider."""

from estuary.config.forms import BOOLEAN
from estuary.config.token_forms import ROLE
from estuary.config.variable import Variable


class ApiKeyVariables:
    """The section "API keys"."""

    __slots__ = ()
    SECTION = "API keys"

    keys_enabled = Variable(
        BOOLEAN,
        default="false",
        summary="Whether API keys (esk_…) are accepted, beside tokens or alone; it needs AUTH_ENABLED.",
    )

    keys_role = Variable(
        ROLE,
        summary="The role that may administer API keys at /api/v1/keys; unset, `estuary keys` alone may.",
    )
