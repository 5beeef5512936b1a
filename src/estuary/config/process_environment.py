"""Variables of the process manager and the terminal, which are not part of Estuary's configuration."""

from collections.abc import Mapping
from typing import NamedTuple


class ProcessEnvironment(NamedTuple):
    """The variables as they are, empty if not set; they are parsed where they are used.

    Those of systemd are described in sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3) and
    systemd.exec(5).
    """

    notify_socket: str
    watchdog_usec: str
    watchdog_pid: str
    listen_fds: str
    listen_pid: str
    credentials_directory: str
    no_color: bool
    """Whether the user wants no colours: NO_COLOR is set and not empty (no-color.org)."""


def read_process_environment(environ: Mapping[str, str]) -> ProcessEnvironment:
    """Read the variables from `environ`."""
    return ProcessEnvironment(
        notify_socket=environ.get("NOTIFY_SOCKET", ""),
        watchdog_usec=environ.get("WATCHDOG_USEC", ""),
        watchdog_pid=environ.get("WATCHDOG_PID", ""),
        listen_fds=environ.get("LISTEN_FDS", ""),
        listen_pid=environ.get("LISTEN_PID", ""),
        credentials_directory=environ.get("CREDENTIALS_DIRECTORY", ""),
        no_color=environ.get("NO_COLOR", "") != "",
    )
