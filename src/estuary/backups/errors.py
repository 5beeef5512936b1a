"""Why a backup, or a line of one, is refused; each message names the place and what to do."""

from estuary.core.errors import EstuaryError


class BackupError(EstuaryError):
    """A file of records cannot be read or written as asked; the message is for the operator."""


class NotABackup(BackupError):
    """The file does not begin as a backup does."""


class BackupTooNew(BackupError):
    """The backup has a format that only a newer Estuary knows."""


class BackupDamaged(BackupError):
    """The backup is not what was written: cut short, or changed."""


class ForeignBackup(BackupError):
    """The backup does not fit the declared resources."""


class UnfitLine(BackupError):
    """Line `number` holds no record that a store could keep; `reason` says why."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason
