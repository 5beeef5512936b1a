"""One worker of Estuary without a supervisor: Callgrind cannot be controlled in a forked process."""

import sys

from estuary.app import SharedState
from estuary.config.environment import load
from estuary.server import worker
from estuary.server.channel import Channel
from estuary.server.sockets import Sockets, listen


def main() -> int:
    """Serve as the environment says, until the process is ended."""
    loaded = load()
    settings = loaded.settings
    # No process uses the supervisor's end. Closed, it would mean that the supervisor is dead.
    supervisors, workers = Channel.pair()
    sockets = Sockets(listen(settings.host, settings.port), None)
    code = worker.run(loaded, sockets, workers, None, SharedState(settings), 0)
    supervisors.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
