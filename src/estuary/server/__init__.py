"""The processes of `estuary serve`: a small supervisor, and workers that serve the API.

The supervisor runs neither the application nor a server. It binds the socket, forks the workers, sends each
messages over a channel, and handles signals:

- SIGTERM, SIGINT, SIGQUIT: readiness is 503 and every answer closes its connection for
  SHUTDOWN_DRAIN_SECONDS; then the port is closed, requests under way are finished, the store is closed; all
  of it within SHUTDOWN_TIMEOUT_SECONDS. Past that, what is still under way is logged and cut off.
- A second one: within two seconds it is taken as a repetition; after that all workers are killed at once.
- SIGHUP: at a terminal it means that the terminal is gone, and is taken as SIGTERM; elsewhere it is logged
  and ignored, as there is nothing to reload. So are SIGUSR1 and SIGUSR2.
- SIGTERM to one worker: that one finishes its requests, exits and is replaced.

A worker that dies is replaced at once; new connections meanwhile wait in the socket's backlog.
"""

from estuary.server.launch import serve

__all__ = ["serve"]
