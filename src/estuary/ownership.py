"""Ownership of files: a file that root creates is given to its folder's owner; why a file cannot be opened.

A command that root runs beside the service (a restore, a migration, a backup) would otherwise leave files
that the service may not open.
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
    """If this process is root, change the owner of an open file to that of `folder`; raises `OSError`."""
    _give(descriptor, folder)


def create_folder(folder: Path) -> None:
    """Create `folder` and its missing parents, each owned as its parent is; raises `OSError`."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        # Another process may have created it meanwhile, and sets its owner.
        with suppress(FileExistsError):
            each.mkdir()
            _give(each, each.parent)
    folder.mkdir(exist_ok=True)


def _give(file: int | Path, folder: Path) -> None:
    if os.geteuid() == _ROOT:
        owner = folder.stat()
        # Network file systems may treat root as an unprivileged user (root_squash).
        with suppress(PermissionError):
            os.chown(file, owner.st_uid, owner.st_gid)


def denied(paths: Iterable[Path]) -> str | None:
    """A message on the first of `paths` that this process may not read and write: its owner, and ours."""
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
