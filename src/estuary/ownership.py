"""Who owns a new file: the owner of its folder, though root made it, and why a file cannot be opened.

A command that root runs beside the service (a restore, a migration, a backup) would else leave files behind
that the service has no right to.
"""

import grp
import os
import pwd
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISDIR

_ROOT = 0


def give_to_folders_owner(descriptor: int, folder: Path) -> None:
    """Let an open file that root has made belong to the owner of `folder`; raises `OSError`."""
    _give(descriptor, folder)


def create_folder(folder: Path) -> None:
    """Make `folder`, and those above it that are missing, each its parent's owner's; raises `OSError`."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        # Another process may be at it, too: then the folder is its own.
        with suppress(FileExistsError):
            each.mkdir()
            _give(each, each.parent)
    folder.mkdir(exist_ok=True)


def _give(file: int | Path, folder: Path) -> None:
    if os.geteuid() == _ROOT:
        owner = folder.stat()
        # A file system across the network may take root for anybody (root_squash).
        with suppress(PermissionError):
            os.chown(file, owner.st_uid, owner.st_gid)


def denied(paths: Iterable[Path]) -> str | None:
    """The first of `paths` that this process may not use and write to: whose it is, and who we are."""
    for path in paths:
        with suppress(OSError):
            found = path.stat()
            needed = os.W_OK | (os.X_OK if S_ISDIR(found.st_mode) else os.R_OK)
            if not os.access(path, needed, effective_ids=os.access in os.supports_effective_ids):
                return (
                    f"{path} belongs to {_user(found.st_uid)} and {_group(found.st_gid)}, mode "
                    f"{S_IMODE(found.st_mode):04o}, and this process runs as {_user(os.geteuid())}"
                )
    return None


def _user(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _group(gid: int) -> str:
    try:
        return f"group {grp.getgrgid(gid).gr_name} (gid {gid})"
    except KeyError:
        return f"gid {gid}"
