"""Signals as they really come: told twice, to a whole group, too early, or meant for something else."""

import os
import pty
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from estuary.beginning import IGNORED_SIGNALS
from tests.support.creates import creating
from tests.support.http import get
from tests.support.process import Server, serving, started, until
from tests.support.programs import require

SHUTTING_DOWN = "Shutting down"
DRAINING = {
    "DATABASE_TYPE": "sqlite",
    "WORKERS": "2",
    "SHUTDOWN_DRAIN_SECONDS": "2",
    "SHUTDOWN_TIMEOUT_SECONDS": "60",
}

PASSES_ON = """
import os, signal, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, lambda number, _: child.send_signal(number))
sys.exit(child.wait())
"""
"""What PyInstaller's bootloader does for a single file: it waits, and passes signals on."""

AT_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def reason(server: Server) -> str:
    """Why it is not ready."""
    document = msgspec.json.decode(get(server, "/health/ready").body)
    return str(document.get("reason", document["status"]))


def ends_in_order(server: Server, tell: Callable[[], None]) -> None:
    """Told by `tell`, it drains, finishes what is under way, and exits with 0, leaving nothing behind."""
    with creating(server, 3) as creates:
        tell()
        server.record(SHUTTING_DOWN)
        assert "shutting_down" == reason(server)
        assert [201] * 3 == [create.finish().status for create in creates]
    assert 0 == server.wait()
    server.wait_until_gone()
    reported = [record for record in server.records() if record["target"] == "estuary::server"]
    assert ["INFO"] * len(reported) == [record["level"] for record in reported]


@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGTERM, signal.SIGINT),
        (signal.SIGQUIT, signal.SIGINT, signal.SIGQUIT),
    ],
)
def test_the_same_word_twice_is_one_order(tmp_path: Path, numbers: tuple[signal.Signals, ...]) -> None:
    """Repeats within moments cut nothing off, whichever signals they are."""
    with serving(tmp_path, DRAINING) as server:

        def tell() -> None:
            for number in numbers:
                server.send(number)
                server.send_to_all(number)

        ends_in_order(server, tell)


@pytest.mark.parametrize("options", [(), ("--foreground", "--kill-after=60")])
def test_gnu_timeout_ends_it_in_order(tmp_path: Path, options: tuple[str, ...]) -> None:
    """It tells its child, and then its whole group: to be told itself has it do what it does in time."""
    timeout = require("timeout", shutil.which("timeout"))
    command = (timeout, "--preserve-status", *options, "600", *Server.COMMAND)
    with serving(tmp_path, DRAINING, command=command) as server:
        ends_in_order(server, lambda: server.send(signal.SIGTERM))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_that_passes_signals_on_may_share_its_group(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A terminal tells all of a group, and a bootloader in it tells the supervisor once more."""
    command = (sys.executable, "-c", PASSES_ON, *Server.COMMAND)
    with serving(tmp_path, DRAINING, command=command) as server:
        ends_in_order(server, lambda: server.send_to_all(number))


def test_workers_that_hear_of_it_first_drain_all_the_same(tmp_path: Path) -> None:
    """Told before their supervisor is, they do not take it for a word to them alone."""
    with serving(tmp_path, DRAINING) as server:

        def tell() -> None:
            for worker in server.workers:
                os.kill(worker, signal.SIGTERM)
            server.send(signal.SIGTERM)

        ends_in_order(server, tell)


def told_until_it_ends(server: Server, number: signal.Signals) -> int:
    """Its exit code. An interpreter that is about to read hears of a signal only after that."""

    def has_ended() -> bool:
        server.send(number)
        return not server.is_running

    until(has_ended)
    return server.wait()


@contextmanager
def held_at_the_start(tmp_path: Path) -> Iterator[Server]:
    """A server that has begun, and waits within the block for what it reads before anything else."""
    settings = tmp_path / ".env"
    os.mkfifo(settings)
    opened: list[int] = []

    def is_read() -> bool:
        with suppress(OSError):
            opened.append(os.open(settings, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    with started(tmp_path) as server:
        until(is_read)
        try:
            yield server
        finally:
            os.close(opened[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_before_anything_has_begun_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    """Exit 0 and not a word, as later on: nothing was there that had to be finished."""
    with held_at_the_start(tmp_path) as server:
        assert 0 == told_until_it_ends(server, number)
        assert ("", "") == (server.out.text, server.err.text)


def test_signals_that_mean_nothing_do_not_end_a_start(tmp_path: Path) -> None:
    """Also before there is anything to serve; a hang-up, without a terminal, is one of them."""
    with held_at_the_start(tmp_path) as server:
        for number in (*IGNORED_SIGNALS, signal.SIGHUP):
            server.send(number)
        assert 0 == told_until_it_ends(server, signal.SIGTERM)


def test_signals_that_mean_nothing_end_nothing(tmp_path: Path) -> None:
    """Neither the supervisor nor a worker; of those that operators send to other programs it is said."""
    with serving(tmp_path) as server:
        before = server.workers
        for number in IGNORED_SIGNALS:
            server.send_to_all(number)
        server.record("SIGUSR1 does nothing here")
        server.record("SIGUSR2 does nothing here")
        assert 200 == get(server, "/health/ready").status
        assert before == server.workers
        assert 0 == server.stop()


def test_a_terminal_that_is_gone_ends_the_server(tmp_path: Path) -> None:
    """Its window was closed: then standard input is no terminal any more, but it was one."""
    ours, theirs = pty.openpty()
    command = (sys.executable, "-c", AT_ITS_TERMINAL, *Server.COMMAND)
    with serving(tmp_path, command=command, stdin=theirs) as server:
        os.close(theirs)
        os.close(ours)
        assert 0 == server.wait()
        server.wait_until_gone()


def test_under_nohup_a_terminal_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    """Who had hang-ups ignored meant it."""
    ours, theirs = pty.openpty()
    command = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *Server.COMMAND)
    with serving(tmp_path, command=command, stdin=theirs) as server:
        os.close(theirs)
        os.close(ours)
        server.send_to_all(signal.SIGHUP)
        server.record("SIGHUP does nothing here: restart Estuary to apply a changed configuration")
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()
