"""Watches a project's folder, in its own process, and reports which of its files have changed.

The library watches in a thread, and the process that forks the workers must have none.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from estuary.server.channel import Channel, MessageKind

_MOST_REPORTED: Final = 100
"""How many paths of one change are reported at most: a checkout may have changed thousands."""
_FAILED = 1
_LOOK_MILLISECONDS = 250
"""How often the process checks that its parent is alive, if no file changes."""
_QUIET_MILLISECONDS = 50
"""How long files must have stayed as they are: an editor may write one in several steps."""
_LONGEST_MILLISECONDS = 400
"""After this long changes are reported, even if others follow."""
_CONFIGURATION = frozenset({".env", "estuary.toml"})
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
"""Folders with code that is not the project's; so are those whose name begins with a dot."""
_HOW_TO_GO_ON = (
    "Linux bounds it by fs.inotify.max_user_watches and fs.inotify.max_user_instances; "
    "with WATCHFILES_FORCE_POLLING=true files are looked at instead"
)


def watch(folder: Path, channel: Channel) -> int:
    """Send CHANGED with the paths of changed files, until the other end of the channel is closed.

    READY is sent once, as soon as no change can be missed, and FAILED where the folder cannot be watched,
    or is gone. Returns the exit code.
    """
    from watchfiles import Change
    from watchfiles import watch as changes

    root, watches = folder.resolve(), False
    try:
        for found in changes(
            root,
            # Not with its filter: while files change that it leaves out, it would not look at the channel.
            watch_filter=None,
            debounce=_LONGEST_MILLISECONDS,
            step=_QUIET_MILLISECONDS,
            rust_timeout=_LOOK_MILLISECONDS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            if not channel.receive()[1]:
                return 0
            if not watches:
                watches = True
                channel.send(MessageKind.READY)
            if not root.exists():
                channel.send(MessageKind.FAILED, f"{root} is gone")
                break
            changed = [
                path
                for change, path in found
                if is_of_the_project(path, root, is_new=change is Change.added)
            ]
            if changed:
                channel.send(MessageKind.CHANGED, *_within(root, changed)[:_MOST_REPORTED])
    # The library's own error is a RuntimeError.
    except (OSError, RuntimeError) as error:
        channel.send(MessageKind.FAILED, f"{error}. {_HOW_TO_GO_ON}")
    return _FAILED


def is_of_the_project(path: str, root: Path, *, is_new: bool) -> bool:
    """Whether what is at `path`, below `root`, is code or configuration of the project itself.

    So is a new folder with code in it: it may have been renamed, and its files are not reported then.
    """
    *folders, name = Path(path).relative_to(root).parts or ("",)
    if any(folder in _FOREIGN or folder.startswith(".") for folder in folders):
        return False
    if name in _CONFIGURATION:
        return not folders
    if name in _FOREIGN or name.startswith("."):
        return False
    return name.endswith(".py") or (is_new and any(Path(path).rglob("*.py")))


def _within(root: Path, paths: Iterable[str]) -> list[str]:
    return sorted(str(Path(path).relative_to(root)) for path in paths)
