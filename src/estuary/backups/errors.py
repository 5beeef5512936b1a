"""Why a backup, or a line of one, is refused; each message names the place and what to do."""

from estuary.core.errors import EstuaryError


class BackupError(EstuaryError):
    """A file of records cannot be read or written as requested; the message is for the operator."""


class NotABackup(BackupError):
    """The file does not begin with a backup's header."""


class BackupTooNew(BackupError):
    """The backup has a format that only newer releases of Estuary support."""


class BackupDamaged(BackupError):
    """The backup is truncated or was changed."""


class ForeignBackup(BackupError):
    """The backup does not fit the declared resources."""


class UnfitLine(BackupError):
    """Line `number` holds no valid record; `reason` says why."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason
