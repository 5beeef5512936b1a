"""The wheel's compiled form: with ESTUARY_COMPILE=1 it has beside the source what mypyc makes of it.

Without the variable it is Python alone and fits every machine; with it, it is made for one Python on one
platform, and installing it needs no compiler. Hatchling calls the hook
(https://hatch.pypa.io/latest/plugins/build-hook/reference/).
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_VARIABLE = "ESTUARY_COMPILE"
_MEANINGS = {"": False, "0": False, "false": False, "1": True, "true": True}
_COMPILERS = ("mypy", "setuptools")
_AFTER_NAME = re.compile(r"[^A-Za-z0-9._-]")


class CompiledWheel(BuildHookInterface[Any]):
    """Compiles before a wheel is packed, if that is asked for; an editable installation stays source."""

    def dependencies(self) -> list[str]:
        """What compiles, and the libraries whose types it reads: in the very versions of uv.lock."""
        if not _wanted():
            return []
        libraries = [_AFTER_NAME.split(each)[0] for each in self.metadata.core.dependencies]
        locked = tomllib.loads(Path(self.root, "uv.lock").read_text())["package"]
        versions = {package["name"]: package.get("version") for package in locked}
        return [f"{name}=={versions[name]}" for name in (*_COMPILERS, *libraries)]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, say which machines the wheel is for, and name the libraries that go into it."""
        if version == "editable" or not _wanted():
            return
        self._folder = tempfile.TemporaryDirectory(prefix="estuary-")
        tree = Path(self._folder.name, "compiled")
        subprocess.run([sys.executable, Path(self.root, "workshop/compile.py"), tree], check=True)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update(
            {str(path): path.relative_to(tree).as_posix() for path in sorted(tree.rglob("*.so"))}
        )

    def finalize(
        self,
        version: str,  # noqa: ARG002 - hatchling's signature
        build_data: dict[str, Any],  # noqa: ARG002
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Leave nothing behind."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def _wanted() -> bool:
    """Whether the variable asks for compilation; raises `ValueError` for what is neither yes nor no."""
    reported = os.environ.get(_VARIABLE, "")
    if reported.lower() not in _MEANINGS:
        raise ValueError(f"{_VARIABLE} is {reported!r}: it must be 1 (compile) or 0 (leave it Python)")
    return _MEANINGS[reported.lower()]
