"""Watches a project's folder, in its own process, and reports which of its files have changed.

The library watches in a thread, and the process that forks the workers must have none.
"""

from collections.abc import Iterable
from pathlib import Path

from estuary.server.channel import Channel, MessageKind

_LOOK_MILLISECONDS = 250
"""How often the process checks that its parent is alive, if no file changes."""
_QUIET_MILLISECONDS = 50
"""How long files must have stayed as they are: an editor may write one in several steps."""
_LONGEST_MILLISECONDS = 400
"""After this long changes are reported, even if others follow."""
_ENDINGS = (".py", "/.env", "/estuary.toml")
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
"""Folders with code that is not the project's; so are those whose name begins with a dot."""


def watch(folder: Path, channel: Channel) -> int:
    """Send CHANGED with the paths of changed files, until the other end of the channel is closed.

    READY is sent once, as soon as no change can be missed. Returns the exit code.
    """
    from watchfiles import watch as changes

    root, watches = folder.resolve(), False
    for found in changes(
        root,
        watch_filter=lambda _, path: is_of_the_project(path, root),
        debounce=_LONGEST_MILLISECONDS,
        step=_QUIET_MILLISECONDS,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
    ):
        if not channel.receive()[1]:
            break
        if not watches:
            watches = True
            channel.send(MessageKind.READY)
        if found:
            channel.send(MessageKind.CHANGED, *_within(root, (path for _, path in found)))
    return 0


def is_of_the_project(path: str, root: Path) -> bool:
    """Whether a file below `root` is code or configuration of the project itself."""
    *folders, _ = Path(path).relative_to(root).parts
    foreign = any(folder in _FOREIGN or folder.startswith(".") for folder in folders)
    return not foreign and path.endswith(_ENDINGS)


def _within(root: Path, paths: Iterable[str]) -> list[str]:
    return sorted(str(Path(path).relative_to(root)) for path in paths)
