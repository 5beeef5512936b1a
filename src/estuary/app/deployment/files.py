"""Who beside owner and group can get at a file."""

from pathlib import Path
from stat import S_IROTH, S_ISDIR, S_IWOTH, S_IXOTH

from estuary.config.checklist.facts import Disk, Openness
from estuary.config.environment import Loaded
from estuary.config.sources import DOTENV


def openness(loaded: Loaded) -> tuple[Openness, ...]:
    """Of every file of secrets and records that there is."""
    wanted = [(path, f"secret {name}") for name, path in loaded.secret_files.items()]
    dotenv = Path(DOTENV)
    if dotenv.is_file():
        wanted.append((dotenv, "settings"))
    database = loaded.settings.database.path
    if database is not None:
        beside = (database.with_name(f"{database.name}{suffix}") for suffix in ("-wal", "-shm"))
        wanted += [(path, "records") for path in (database, *beside)]
        wanted.append((database.parent, "the folder of the records"))
    return tuple(look(path, what) for path, what in wanted if path.exists())


def look(path: Path, what: str) -> Openness:
    """How open `path` is; a folder's content is looked at by itself, so only writing into it counts."""
    real = path.resolve()
    mode = real.stat().st_mode
    reached = all(parent.stat().st_mode & S_IXOTH for parent in real.parents)
    is_folder = S_ISDIR(mode)
    return Openness(
        path=path,
        what=what,
        readable=reached and not is_folder and bool(mode & S_IROTH),
        writable=reached and bool(mode & S_IWOTH),
    )


def disk_of(folder: Path) -> Disk:
    """The file system that `folder` lies, or will lie, in."""
    import shutil

    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    usage = shutil.disk_usage(there)
    return Disk(folder, usage.free, usage.total)
