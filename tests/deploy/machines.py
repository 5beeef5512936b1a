"""A machine with a booted systemd: Debian in a folder, started by systemd-nspawn, entered with nsenter."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.deploy.workshop import DEPLOY, ROOT, make, run
from tests.support.process import TIMEOUT_SECONDS, until
from tests.support.programs import require

DEBIAN = ROOT / ".tools/debian"
"""Made once by debootstrap; every machine is a copy of it."""

UNITS = Path("/etc/systemd/system")

_SUITE = "bookworm"
_PACKAGES = "systemd,systemd-sysv,dbus"
_MINUTES = 10 * 60


class Machine:
    """One that has booted. Its network is this machine's."""

    def __init__(self, root: Path, boot: subprocess.Popen[bytes], leader: int) -> None:
        self.root = root
        self._boot = boot
        self._leader = leader
        self._written: set[Path] = set()

    def within(self, *command: str | Path) -> list[str | Path]:
        """A command as it is run in the machine."""
        return ["nsenter", "--target", str(self._leader), "--all", "--", *command]

    def say(self, *command: str | Path) -> str:
        """What a command in the machine says; it must succeed."""
        return run(*self.within(*command))

    def systemctl(self, *arguments: str) -> str:
        """What systemctl says; it must succeed, or the journal is in the failure."""
        command = self.within("systemctl", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MINUTES, check=False)
        assert 0 == done.returncode, done.stdout + done.stderr + self.journal()
        return done.stdout

    def journal(self) -> str:
        """The end of all that its services have said."""
        return self.say("journalctl", "--no-pager", "--quiet", "--lines=200", "--output=cat")

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.systemctl("show", unit, f"--property={name}", "--value").strip()

    def main_process(self, unit: str = "estuary.service") -> psutil.Process:
        """The main process of a unit, as this machine sees it."""
        inside = self.show(unit, "MainPID")
        for process in psutil.process_iter():
            with suppress(OSError):
                if _ids(process.pid) == [str(process.pid), inside] and self._is_inside(process.pid):
                    return process
        raise AssertionError(f"{unit} has no main process {inside}")

    def write(self, path: Path | str, text: str, mode: int = 0o644) -> None:
        """Put a file into the machine."""
        target = self.root / str(path).lstrip("/")
        self._written.add(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def drop_in(self, unit: str, *lines: str) -> None:
        """Add lines to a unit's section [Service], and reload it."""
        self.write(UNITS / f"{unit}.d/test.conf", "\n".join(["[Service]", *lines, ""]))
        self.systemctl("daemon-reload")

    def undo(self) -> None:
        """Forget what was put in since the last time, and what failed of it."""
        for path in self._written:
            path.unlink()
        self._written.clear()
        self.systemctl("daemon-reload")
        self.systemctl("reset-failed")

    def switch_off(self) -> None:
        """End it, whatever it does."""
        with suppress(ProcessLookupError):
            os.kill(self._leader, signal.SIGKILL)
        self._boot.wait(TIMEOUT_SECONDS)

    def _is_inside(self, pid: int) -> bool:
        spaces = [Path(f"/proc/{each}/ns/pid").readlink() for each in (pid, self._leader)]
        return spaces[0] == spaces[1]


@contextmanager
def booted() -> Iterator[Machine]:
    """A machine with Estuary laid out as docs/deploy/systemd.md says, not started; gone in the end."""
    nspawn = require("systemd-nspawn", shutil.which("systemd-nspawn"))
    _make_debian()
    with tempfile.TemporaryDirectory(dir=ROOT / ".tools", prefix="machine-") as folder:
        root = Path(folder, "root")
        run("cp", "--archive", "--reflink=auto", DEBIAN, root)
        _set_up(root)
        console = Path(folder, "console")
        command = [nspawn, "--boot", f"--directory={root}", "--register=no", "--keep-unit"]
        with console.open("wb") as screen:
            boot = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)
        try:
            until(lambda: _first_process(boot.pid) is not None)
            leader = _first_process(boot.pid)
            assert leader is not None
            machine = Machine(root, boot, leader)
            _wait_for_boot(machine, console)
            try:
                yield machine
            finally:
                machine.switch_off()
        finally:
            boot.kill()
            boot.wait(TIMEOUT_SECONDS)


def _make_debian() -> None:
    debootstrap = require("debootstrap", shutil.which("debootstrap"))
    if DEBIAN.exists():
        return
    unfinished = DEBIAN.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    run(debootstrap, "--variant=minbase", f"--include={_PACKAGES}", _SUITE, unfinished)
    unfinished.rename(DEBIAN)


def _set_up(root: Path) -> None:
    """What an operator does before the first start, in the order of the document."""
    # With an identity it is no new machine, whose first boot would enable every unit there is.
    (root / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
    # No network comes up in it: what waits for one would wait for two minutes.
    (root / "etc/systemd/system/systemd-networkd-wait-online.service").symlink_to("/dev/null")
    run("systemd-sysusers", f"--root={root}", DEPLOY / "systemd/estuary.sysusers.conf")
    make("install", DESTDIR=str(root))
    for unit in (root / "opt/estuary/systemd").iterdir():
        if unit.suffix in {".service", ".socket", ".timer"}:
            shutil.copy(unit, root / str(UNITS).lstrip("/"))
    run("chroot", root, "chown", "estuary:estuary", "/opt/estuary/data")
    run("chroot", root, "chown", "root:estuary", "/opt/estuary/.env")


def _first_process(nspawn: int) -> int | None:
    """The process that is the machine's first; nspawn's own, which makes it, comes and goes before."""
    for child in psutil.Process(nspawn).children():
        with suppress(OSError):
            if _ids(child.pid) == [str(child.pid), "1"]:
                return child.pid
    return None


def _ids(pid: int) -> list[str]:
    """A process's ids, in this machine and in those within, as proc(5) has them."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid"))


def _wait_for_boot(machine: Machine, console: Path) -> None:
    try:
        until(lambda: _has_booted(machine), 4 * TIMEOUT_SECONDS)
    except TimeoutError:
        raise AssertionError(console.read_text(errors="replace")) from None


def _has_booted(machine: Machine) -> bool:
    done: Sequence[str] = subprocess.run(
        machine.within("systemctl", "is-system-running"), capture_output=True, text=True, check=False
    ).stdout.split()
    return bool(done) and done[0] in {"running", "degraded"}
