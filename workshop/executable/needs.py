"""`python needs.py`: what this machine lacks to make the executable; exits with 1 if there is anything.

PyInstaller asks other programs what a library needs and packs the shared libpython; where one is missing it
says so after minutes, in words of its own. This needs the standard library alone, so it can be asked first.
"""

import ctypes
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_PROGRAMS = {"ldd": "libc-bin", "objdump": "binutils", "strip": "binutils"}
"""Each with the package of Debian and Ubuntu that brings it."""


def missing() -> Iterator[str]:
    """What is not there, each with what brings it."""
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            yield f"{program} (Debian, Ubuntu: apt install {package})"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not _is_shared(version):
        brought = f"apt install libpython{version}; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared"
        yield f"the shared library of {sys.executable}, libpython{version}.so (Debian, Ubuntu: {brought})"


def _is_shared(version: str) -> bool:
    """Whether this Python's own library can be loaded: from its folder, or where the system looks."""
    reported = sysconfig.get_config_var("INSTSONAME") or ""
    name = reported if sysconfig.get_config_var("Py_ENABLE_SHARED") else f"libpython{version}.so.1.0"
    if any(Path(folder, name).exists() for folder in _folders()):
        return True
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return False  # what the system has is of another Python
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _folders() -> Iterator[str]:
    yield f"{sys.base_prefix}/lib"
    folder = sysconfig.get_config_var("LIBDIR")
    if folder:
        yield folder


if __name__ == "__main__":
    found = list(missing()) if sys.platform == "linux" else []
    if found:
        print("executable: this machine lacks what PyInstaller needs:", *found, sep="\n  ", file=sys.stderr)
    sys.exit(bool(found))
