"""The units of systemd, read by systemd itself; test_booted.py runs them on a machine that has booted."""

import shutil
import subprocess
from pathlib import Path

import pytest

from estuary.config.environment import load_from
from tests.deploy.workshop import DEPLOY, make, require_builders
from tests.support.http import get
from tests.support.process import HOST, Server, environment_of, free_port, until
from tests.support.programs import require

UNITS = DEPLOY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
EVERY = sorted(path for path in UNITS.iterdir() if path.suffix in {".service", ".socket", ".timer"})
MOST_EXPOSED = 15
"""Tenths of a point: systemd calls what is below 20 "OK"."""

FIRST_LOCK = "AmbientCapabilities="
SETTINGS = load_from({"APP_PROFILE": "production"}, directory=UNITS).settings


def settings_in(unit: Path) -> list[str]:
    """The assignments of a unit, in their order."""
    return [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says, whether it is content or not."""
    program = require("systemd-analyze", shutil.which("systemd-analyze"))
    return subprocess.run(
        [program, "--man=no", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Estuary is laid out, so that the programs in the units exist."""
    require_builders()
    path = tmp_path_factory.mktemp("opt") / "estuary"
    make("install", PREFIX=str(path), BINDIR=str(path / "path"))
    return path


@pytest.mark.parametrize("unit", EVERY, ids=lambda path: path.name)
def test_systemd_knows_every_word(prefix: Path, unit: Path) -> None:
    """No key is misspelt, no value refused, no program missing: a warning counts as an error."""
    done = analyze("--recursive-errors=yes", "verify", prefix / "systemd" / unit.name)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_services_are_locked_up(unit: Path) -> None:
    """Their exposure, as systemd scores it, is at most 1.5 of 10."""
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)
    assert 0 == done.returncode, done.stdout


def test_the_backup_is_locked_up_as_the_service_is() -> None:
    """Both have the same locks, line for line: what is learnt for one holds for the other."""
    locks = []
    for unit in SERVICES:
        lines = settings_in(unit)
        end = lines.index("WantedBy=multi-user.target") if unit.name == "estuary.service" else len(lines)
        locks.append(lines[lines.index(FIRST_LOCK) : end])
    assert locks[0] == locks[1]


def test_systemd_waits_longer_than_a_shutdown_takes() -> None:
    """TimeoutStopSec is above SHUTDOWN_TIMEOUT_SECONDS: Estuary itself says what it cut off."""
    unit = dict(line.split("=", 1) for line in settings_in(UNITS / "estuary.service"))
    assert int(unit["TimeoutStopSec"]) > SETTINGS.shutdown_timeout_seconds
    assert "mixed" == unit["KillMode"]


def test_the_socket_is_the_port_that_estuary_has_by_itself() -> None:
    """With the socket unit or without it, clients and `estuary healthcheck` find the same port."""
    assert f"ListenStream={SETTINGS.port}" in settings_in(UNITS / "estuary.socket")


def test_a_connection_wakes_it_through_its_socket(tmp_path: Path) -> None:
    """systemd-socket-activate holds the port; the first client starts Estuary and is answered by it."""
    program = require("systemd-socket-activate", shutil.which("systemd-socket-activate"))
    port = free_port()
    passed = [f"--setenv={name}" for name in environment_of({})]
    command = [program, f"--listen={HOST}:{port}", *passed, *Server.COMMAND]
    server = Server.start(tmp_path, {"PORT": str(port)}, command=command)
    try:
        until(lambda: "Listening on" in "\n".join(server.err.lines))
        assert 200 == get(server, "/health/ready").status
        assert server.wait_until_ready()["address"].endswith(f":{port}")
        assert 0 == server.stop()
    finally:
        server.destroy()
