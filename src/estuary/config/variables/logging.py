"""The filter and the format of the log."""

from estuary.config.forms import checked, choice
from estuary.config.variable import Variable
from estuary.telemetry.filter import Filter

_LOG_FILTER = checked(
    "a comma list of level or target=level, the levels being off, error, warn, info, debug and trace",
    Filter,
)


class LoggingVariables:
    """The section "Logging"."""

    __slots__ = ()
    SECTION = "Logging"

    log_filter = Variable(
        _LOG_FILTER,
        default="estuary=debug",
        production="estuary=info",
        aliases=("RUST_LOG",),
        summary="Which lines are logged: estuary=info,estuary::http=warn.",
    )

    log_format = Variable(
        choice("auto", "json", "text"),
        default="auto",
        summary="How lines look; auto is text on a terminal in development, else JSON.",
    )
