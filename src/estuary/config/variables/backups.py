"""How the service learns of backups."""

from estuary.config.forms import FILE_PATH, whole_number
from estuary.config.variable import Variable


class BackupVariables:
    """The section "Backups"."""

    __slots__ = ()
    SECTION = "Backups"

    backup_status_path = Variable(
        FILE_PATH,
        summary="The file in which `estuary backup` reports its last success to the service; by default, "
        "and only with sqlite, it lies beside the database.",
    )

    backup_max_age_hours = Variable(
        whole_number(1, 8760),
        default="26",
        summary="How old the last backup may be before `estuary check --deploy` fails.",
    )
