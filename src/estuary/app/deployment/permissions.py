"""Whether users beside owner and group can access a file."""

from collections.abc import Iterator
from pathlib import Path
from stat import S_IROTH, S_ISDIR, S_ISVTX, S_IWOTH, S_IXOTH
from urllib.parse import parse_qs, urlsplit

from estuary.config.checklist.facts import Disk, Openness
from estuary.config.environment import Loaded
from estuary.config.settings import Settings
from estuary.config.value_sources import DOTENV, TOML

_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman create in a container, where the service is the only user."""


def openness(loaded: Loaded) -> tuple[Openness, ...]:
    """The access to every file with secrets or records."""
    alone = any(path.exists() for path in _CONTAINERS)
    # estuary.toml is committed with the project: others may read it, but not change it.
    return tuple(
        look(path, what, alone=alone or path.name == TOML)
        for path, what in _wanted(loaded)
        if path.exists()
    )


def _wanted(loaded: Loaded) -> Iterator[tuple[Path, str]]:
    for name, path in loaded.secret_files.items():
        yield path, f"secret {name}"
    for path in _keys(loaded.settings):
        yield path, "a private key"
    for name in (DOTENV, TOML):
        if Path(name).is_file():
            yield Path(name), "settings"
    database = loaded.settings.database.path
    if database is not None:
        yield database, "records"
        for suffix in ("-wal", "-shm"):
            yield database.with_name(f"{database.name}{suffix}"), "records"
        yield database.parent, "the folder of the records"


def _keys(settings: Settings) -> Iterator[Path]:
    """The private keys that the service presents to PostgreSQL and Redis."""
    if settings.redis_url is not None and settings.redis_url.key_file is not None:
        yield settings.redis_url.key_file
    for path in parse_qs(urlsplit(settings.database.url).query).get("sslkey", []):
        yield Path(path)


def look(path: Path, what: str, *, alone: bool = False) -> Openness:
    """The access to `path`; for a folder, only writing counts, as its files are examined themselves.

    A file can also be changed by a user who may replace it. `alone` means that there are no other users who
    could read: in a container, secrets are readable by everybody.
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
    """The file system that contains `folder`, or will."""
    import shutil

    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    usage = shutil.disk_usage(there)
    return Disk(folder, usage.free, usage.total)
