"""What a process needs before it imports anything else: its standard streams, and obedience.

Until a program has handlers of its own, SIGTERM kills it, and where it is the first process of a container,
the system passes the signal over. An interpreter needs a quarter of a second to import a service.
"""

import io
import os
import signal
import sys
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""What tells `serve` to stop: a service manager, Ctrl-C, and Ctrl-\\ or who knows SIGQUIT from nginx."""
HARMLESS = (
    *(signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO),
)
"""What ends a process by default, and is never meant so."""

_STREAMS = {"stdin": os.O_WRONLY, "stdout": os.O_RDONLY, "stderr": os.O_RDWR}
"""Each with an access under which its use is an error; warnings may get lost."""


def open_standard_streams(*, forgiving: bool) -> None:
    """Put the null device in the place of each standard stream that is closed.

    The next socket or file that is opened would get its number, and whatever is printed would go there. To
    read from it, or to print what a command was called for, is an error as it was before, unless
    `forgiving`: a service whose log goes nowhere serves all the same.
    """
    for number, (name, access) in enumerate(_STREAMS.items()):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is this one, as those below are taken.
            os.open(os.devnull, os.O_RDWR if forgiving else access)
            mode = "r" if name == "stdin" else "w"
            stream = io.open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115, UP020 - it stays open
            setattr(sys, name, stream)


def obey_at_once() -> None:
    """Until there is a supervisor, end with 0 when told to stop: there is nothing to be finished."""
    for number in HARMLESS:
        signal.signal(number, signal.SIG_IGN)
    for number in STOPPING:
        signal.signal(number, _end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end if os.isatty(0) else signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's two arguments
    # Not by an exception: whatever is being imported might catch it.
    os._exit(0)
