"""Containers, really built with buildah and really run with podman, in a storage of the checkout's own."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy.workshop import ROOT, run
from tests.support.process import HOST, TIMEOUT_SECONDS, free_port, until
from tests.support.programs import require

STORAGE = ROOT / ".tools/containers"
BASE = "localhost/debian-with-python-and-headers:trixie"
"""Stands in for python:3.13-slim-trixie without a registry: the same Debian, Python and headers."""

_SUITE = "trixie"
_PACKAGES = "python3,python3-dev,python3-venv,ca-certificates"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# The machine's own network; limits that runc may set, also where the machine's are below podman's.
HOST_LIMITS = ("--network=host", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096")
_LOCKED_UP = (
    *HOST_LIMITS,
    *("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"),
    *("--memory=128m", "--memory-swap=128m"),
)


class Container:
    """One that runs, on the machine's own network."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port

    @property
    def state(self) -> dict[str, Any]:
        """What podman knows of it."""
        (found,) = json.loads(podman("inspect", self.name))
        state: dict[str, Any] = found["State"]
        return state

    @property
    def log(self) -> str:
        """All it has written."""
        done = subprocess.run(
            [*_podman(), "logs", self.name], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout + done.stderr

    def is_healthy(self) -> bool:
        """What the image's own HEALTHCHECK says, run once, as an engine runs it."""
        return 0 == _call("healthcheck", "run", self.name).returncode

    def execute(self, *command: str) -> str:
        """What a command in it says; it must succeed."""
        return podman("exec", self.name, *command)

    def stop(self) -> int:
        """Stop it as an engine does; the exit code of its first process."""
        podman("stop", "--time", str(int(TIMEOUT_SECONDS)), self.name)
        code: int = self.state["ExitCode"]
        return code

    def wait_until_ready(self) -> None:
        """Return when it says so; it must not end before."""
        until(lambda: "Estuary is ready" in self.log or not self.state["Running"])
        assert self.state["Running"], self.log


@contextmanager
def running(image: str, *options: str, **variables: str) -> Iterator[Container]:
    """A container of `image`, locked up as far as an engine can, ready; it is removed in the end."""
    port = free_port()
    settings = {"PORT": str(port), "HOST": HOST, "SHUTDOWN_DRAIN_SECONDS": "0", **variables}
    environment = [f"--env={name}={value}" for name, value in settings.items()]
    name = podman("run", "--detach", *_LOCKED_UP, *environment, *options, image).strip()
    try:
        container = Container(name, port)
        container.wait_until_ready()
        yield container
    finally:
        podman("rm", "--force", "--volumes", name)


def podman(*arguments: str | Path) -> str:
    """What podman says; it must succeed."""
    done = _call(*arguments)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def image_of(tag: str) -> dict[str, Any]:
    """What podman knows of an image."""
    (found,) = json.loads(podman("image", "inspect", tag))
    image: dict[str, Any] = found
    return image


def build(tag: str, dockerfile: Path, *arguments: str) -> None:
    """Build an image from the checkout as `make container` does, on the base that `base()` made."""
    certificates = [f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.exists() else []
    run(
        require("buildah", shutil.which("buildah")),
        *_storage(),
        *("build", "--isolation=chroot", "--pull=never", "--quiet"),
        *certificates,
        *("--build-arg", f"PYTHON_IMAGE={BASE}", *arguments),
        *("--file", dockerfile, "--tag", tag, ROOT),
        BUILDAH_FORMAT="docker",
    )
    podman("image", "prune", "--force")


def base() -> str:
    """The tag of an image with Debian and its Python, made once by debootstrap."""
    debootstrap = require("debootstrap", shutil.which("debootstrap"))
    if 0 == _call("image", "exists", BASE).returncode:
        return BASE
    with tempfile.TemporaryDirectory(dir=ROOT / ".tools") as folder:
        root = Path(folder, "root")
        run(debootstrap, "--variant=minbase", f"--include={_PACKAGES}", _SUITE, root)
        archive = Path(folder, "root.tar")
        left_out = ("./dev/*", "./proc/*", "./var/cache/apt/archives/*", "./var/lib/apt/lists/*")
        run("tar", "-C", root, *(f"--exclude={path}" for path in left_out), "-cf", archive, ".")
        podman("import", "--quiet", archive, BASE)
    return BASE


def _call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_podman(), *arguments], capture_output=True, text=True, timeout=10 * TIMEOUT_SECONDS, check=False
    )


def _podman() -> list[str]:
    # crun refuses the mixed control groups of some machines; runc does not.
    return [
        require("podman", shutil.which("podman")),
        *("--runtime", require("runc", shutil.which("runc"))),
        *_storage(),
    ]


def _storage() -> tuple[str, ...]:
    return ("--root", str(STORAGE / "storage"), "--runroot", str(STORAGE / "run"))
