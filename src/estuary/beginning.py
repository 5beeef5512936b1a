"""What must be set up before anything else is imported: standard streams and signal handlers.

Until a program has installed handlers, SIGTERM kills it; as the first process of a container, it does not
receive the signal at all. Importing the service takes a quarter of a second.
"""

import io
import os
import signal
import sys
from types import FrameType, ModuleType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""Signals that stop `serve`: from a service manager, Ctrl-C, and Ctrl-\\, which nginx uses, too."""
IGNORED_SIGNALS = (
    *(signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO),
)
"""Signals whose default action would end the process, though they are not sent for that."""

_STREAMS = {"stdin": os.O_WRONLY, "stdout": os.O_RDONLY, "stderr": os.O_RDWR}
"""Each stream with the access mode that makes its use an error; on standard error, writes are discarded."""


def open_standard_streams(*, forgiving: bool) -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next socket or file that is opened would get its descriptor, and receive what is printed.
    Reading standard input or writing standard output stays an error, unless `forgiving`: a service runs
    without a place for its log.
    """
    for number, (name, access) in enumerate(_STREAMS.items()):
        try:
            os.fstat(number)
        except OSError:
            # This is the lowest free descriptor, as those below are in use.
            os.open(os.devnull, os.O_RDWR if forgiving else access)
            mode = "r" if name == "stdin" else "w"
            stream = io.open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115, UP020 - it stays open
            setattr(sys, name, stream)


def exit_on_stop_signals() -> None:
    """Until the supervisor has its handlers, exit with 0 on a signal to stop: no request is under way."""
    for number in IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for number in STOP_SIGNALS:
        signal.signal(number, _end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end if os.isatty(0) else signal.SIG_IGN)


def import_msgspec_alone() -> None:
    """Import msgspec without typing_extensions, which it takes where that is installed.

    That would bring ten modules into the supervisor, among them inspect and ast: 1.3 MiB, and half of the
    time that importing msgspec takes. All that msgspec takes of it is in typing since Python 3.11.
    """
    if "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = ModuleType("typing_extensions")  # from which nothing can be imported
    try:
        import msgspec  # noqa: F401 - for all that import it later
    finally:
        del sys.modules["typing_extensions"]


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's two arguments
    # Not with an exception: a module being imported might catch it.
    os._exit(0)
