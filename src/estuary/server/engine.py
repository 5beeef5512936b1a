"""Granian in one worker: the only module that knows its interfaces.

Granian's own supervisor is left out: it would cost the light process 20 MB, binds with SO_REUSEPORT (a
second server on the same port starts without an error), and closes the port while it respawns a worker.
What its worker does in `MPServer._spawn_rsgi_worker` is done here, on a loop and a socket of ours.
"""

import asyncio
import socket
from typing import Any

from granian import _granian
from granian._futures import _future_watcher_wrapper, _new_cbscheduler
from granian.http import HTTP1Settings

from estuary.server.sockets import BACKLOG

_native: Any = _granian
_watched: Any = _future_watcher_wrapper
_scheduler: Any = _new_cbscheduler
"""Untyped here: Granian's stubs lag behind its signatures."""

_BACKPRESSURE = 4096
"""Connections at a time; idle ones count too: with Granian's default of 1024, probes time out."""

_HEADER_TIMEOUT_MS = 10_000
"""For a request's head to arrive, and for the next one on an idle connection."""

_HEADER_BUFFER_BYTES = 32 * 1024
"""Above the limit that Estuary answers with its own envelope; beyond this hyper sends a bare 431."""


class Engine:
    """Serves one RSGI application on a listening socket, which becomes the engine's own."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        self._application = application
        self._listener = listener
        self._signal = _native.WorkerSignal()
        self._stopped = asyncio.Event()

    def start(self) -> None:
        """Begin to accept connections, on a thread of Granian's; the running loop answers them."""
        loop = asyncio.get_running_loop()
        self._signal.add_cb(lambda: loop.call_soon_threadsafe(self._stopped.set))
        worker = _native.RSGIWorker(
            worker_id=1,
            sock=(None, _native.SocketHolder(self._listener.detach(), False, BACKLOG)),
            ipc=None,
            backpressure=_BACKPRESSURE,
            http_mode="1",
            http1_opts=HTTP1Settings(
                header_read_timeout=_HEADER_TIMEOUT_MS, max_buffer_size=_HEADER_BUFFER_BYTES
            ),
            websockets_enabled=False,
            metrics=(None, None),
        )
        serve = _watched(self._application.__rsgi__)
        worker.serve_str(_scheduler(loop, serve, impl_asyncio=True), loop, self._signal)

    def stop(self) -> None:
        """Accept nothing more and close idle connections; requests under way are answered."""
        self._signal.set()

    async def stopped(self) -> None:
        """Return when every connection is closed: requests answered, half-sent heads timed out."""
        await self._stopped.wait()
