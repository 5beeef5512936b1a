"""Programs that make clients of the OpenAPI document, and that compile what they made."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.documents import ROOT
from tests.support.programs import require

_NODE_PROGRAMS = ROOT / ".tools/node_modules/.bin"
_PYTHON_PROGRAMS = ROOT / ".tools/clients/bin"


def python_client(document: Path, folder: Path) -> str:
    """A package `client` in `folder`, made of the document; the Python that it runs under."""
    generator = _program("openapi-python-client", _PYTHON_PROGRAMS)
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    run(
        folder,
        *(generator, "generate", "--path", str(document), "--meta", "none", "--fail-on-warning"),
        *("--output-path", "client", "--config", str(config)),
    )
    return str(_PYTHON_PROGRAMS / Path(sys.executable).name)


def node_modules() -> Path:
    """Where the packages are that `make tools` fetches for Node.js."""
    return Path(require("openapi-fetch (make tools)", _fetched("openapi-fetch"))).parent


def pyright(folder: Path, source: Path) -> str:
    """What pyright says of `source` under its strictest rules, in its own folder."""
    checker = _program("pyright", _NODE_PROGRAMS)
    shutil.copy(source, folder)
    rules = {"typeCheckingMode": "strict", "include": [source.name]}
    (folder / "pyrightconfig.json").write_text(json.dumps(rules))
    return run(folder, checker, "--pythonpath", sys.executable)


def typescript(document: Path, folder: Path, source: str, *options: str) -> None:
    """Compile `source`, which imports the document's types from "./api", under tsc's strictest rules."""
    generator, compiler = (_program(each, _NODE_PROGRAMS) for each in ("openapi-typescript", "tsc"))
    run(folder, generator, str(document), "-o", "api.ts")
    (folder / "use.ts").write_text(source)
    run(folder, compiler, "--strict", "--exactOptionalPropertyTypes", *options, "use.ts")


def run(folder: Path, *command: str) -> str:
    """What the command says when it runs in the folder; fails with that unless it went well."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


def _fetched(package: str) -> str | None:
    path = ROOT / ".tools/node_modules" / package
    return str(path) if path.exists() else None


def _program(name: str, folder: Path) -> str:
    path = folder / name
    return require(name, str(path) if path.exists() else shutil.which(name))
