"""Who beside owner and group can get at a file."""

from collections.abc import Iterator
from pathlib import Path
from stat import S_IROTH, S_ISDIR, S_ISVTX, S_IWOTH, S_IXOTH
from urllib.parse import parse_qs, urlsplit

from estuary.config.checklist.facts import Disk, Openness
from estuary.config.environment import Loaded
from estuary.config.settings import Settings
from estuary.config.sources import DOTENV

_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""What Docker and Podman put into a container, which holds the service alone."""


def openness(loaded: Loaded) -> tuple[Openness, ...]:
    """Of every file of secrets and records that there is."""
    alone = any(path.exists() for path in _CONTAINERS)
    return tuple(look(path, what, alone=alone) for path, what in _wanted(loaded) if path.exists())


def _wanted(loaded: Loaded) -> Iterator[tuple[Path, str]]:
    for name, path in loaded.secret_files.items():
        yield path, f"secret {name}"
    for path in _keys(loaded.settings):
        yield path, "a private key"
    if Path(DOTENV).is_file():
        yield Path(DOTENV), "settings"
    database = loaded.settings.database.path
    if database is not None:
        yield database, "records"
        for suffix in ("-wal", "-shm"):
            yield database.with_name(f"{database.name}{suffix}"), "records"
        yield database.parent, "the folder of the records"


def _keys(settings: Settings) -> Iterator[Path]:
    """The private keys by which PostgreSQL and Redis know the service."""
    if settings.redis_url is not None and settings.redis_url.key_file is not None:
        yield settings.redis_url.key_file
    for path in parse_qs(urlsplit(settings.database.url).query).get("sslkey", []):
        yield Path(path)


def look(path: Path, what: str, *, alone: bool = False) -> Openness:
    """How open `path` is; a folder's content is looked at by itself, so only writing into it counts.

    A file may be changed, too, by a user who may put another one in its place. `alone` tells that there are
    no other users who could read: a container is given its secrets readable by everybody in it.
    """
    real = path.resolve()
    mode = real.stat().st_mode
    reached = all(parent.stat().st_mode & S_IXOTH for parent in real.parents)
    folder = real.parent.stat().st_mode
    is_folder = S_ISDIR(mode)
    is_replaceable = not is_folder and bool(folder & S_IWOTH) and not folder & S_ISVTX
    return Openness(
        path=path,
        what=what,
        readable=not alone and reached and not is_folder and bool(mode & S_IROTH),
        writable=reached and (bool(mode & S_IWOTH) or is_replaceable),
    )


def disk_of(folder: Path) -> Disk:
    """The file system that `folder` lies, or will lie, in."""
    import shutil

    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    usage = shutil.disk_usage(there)
    return Disk(folder, usage.free, usage.total)
