"""Variables of the process manager and the terminal, which are not part of Estuary's configuration."""

from collections.abc import Mapping


class ProcessEnvironment:
    """The variables of `environ` as they are, empty if not set; they are parsed where they are used.

    Those of systemd are described in sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3) and
    systemd.exec(5).
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.notify_socket = environ.get("NOTIFY_SOCKET", "")
        self.watchdog_usec = environ.get("WATCHDOG_USEC", "")
        self.watchdog_pid = environ.get("WATCHDOG_PID", "")
        self.listen_fds = environ.get("LISTEN_FDS", "")
        self.listen_pid = environ.get("LISTEN_PID", "")
        self.credentials_directory = environ.get("CREDENTIALS_DIRECTORY", "")
        self.no_color = environ.get("NO_COLOR", "") != ""
        """Whether the user wants no colours: NO_COLOR is set and not empty (no-color.org)."""
