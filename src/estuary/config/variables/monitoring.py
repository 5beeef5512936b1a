"""Who may see metrics and details of health."""

from estuary.config.forms import optional, whole_number
from estuary.config.networks import HOST
from estuary.config.token_forms import SECRET
from estuary.config.variable import Variable


class MonitoringVariables:
    """The section "Monitoring"."""

    __slots__ = ()
    SECTION = "Monitoring"

    metrics_token = Variable(
        SECRET,
        secret=True,
        summary="The bearer token that /metrics and the details of /health then ask for.",
    )

    admin_port = Variable(
        optional(whole_number(1, 65_535)),
        summary="A port of their own for metrics and the details of health, which PORT then does not show.",
    )

    admin_host = Variable(
        HOST,
        default="127.0.0.1",
        summary="The address that ADMIN_PORT listens on.",
    )
