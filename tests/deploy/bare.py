"""A system with nothing in it but the C library and zlib: no Python, no shell, nothing to write to."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.programs import require

NOBODY = 65534
C_LIBRARY = ("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1", "libutil.so.1")
HOME = Path("/opt/estuary")


def bare(
    program: Path, *, data: Path, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
) -> list[str]:
    """The beginning of a command that runs in such a system as an unprivileged user, in `HOME`.

    `program` is its folder, seen at `HOME/program`; `data` is seen at `HOME/data` and may be written, as
    may what is in `write`; what is in `read` is seen where it is. Skips where bubblewrap is missing.
    """
    seen = [argument for path in [*_libraries(program), *read] for argument in ("--ro-bind", path, path)]
    written = [argument for path in write for argument in ("--bind", path, path)]
    return [
        require("bubblewrap", shutil.which("bwrap")),
        *("--unshare-user", "--unshare-pid", "--die-with-parent"),
        *("--uid", str(NOBODY), "--gid", str(NOBODY)),
        *map(str, seen),
        *("--ro-bind", str(program), str(HOME / "program"), "--bind", str(data), str(HOME / "data")),
        *("--proc", "/proc", "--dev", "/dev"),
        *map(str, written),
        *("--remount-ro", "/", "--chdir", str(HOME), "--"),
    ]


def _libraries(program: Path) -> list[Path]:
    """Where this machine keeps its loader, zlib and the parts of the C library."""
    (start,) = (path for path in program.iterdir() if path.is_file())
    output = subprocess.run(["ldd", start], capture_output=True, text=True, check=True, timeout=60).stdout
    linked = [Path(path) for path in re.findall(r"(/\S+) \(0x", output)]
    folder = next(path.parent for path in linked if path.name == "libc.so.6")
    return [*linked, *(folder / name for name in C_LIBRARY if folder / name not in linked)]
