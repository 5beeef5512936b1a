"""Keeping Estuary alive: a light supervisor, and worker processes that serve the API.

The supervisor imports neither the application nor a server. It binds the socket, forks the workers, speaks
to each over a channel, and turns signals into orders:

- SIGTERM, SIGINT, SIGQUIT: readiness is 503 and every answer closes its connection for
  SHUTDOWN_DRAIN_SECONDS; then the port is closed, requests under way are finished, the store is closed; all
  of it within SHUTDOWN_TIMEOUT_SECONDS. Past that, what is still under way is logged and cut off.
- Another one: within two seconds it is the same word, told twice; after that everything ends at once.
- SIGHUP: at a terminal it says that the terminal is gone, and is taken as SIGTERM; elsewhere nothing is
  done, for there is nothing to reload. SIGUSR1 and SIGUSR2 do nothing either.
- SIGTERM to one worker: that one finishes what it has under way, and is replaced.

A worker that dies is replaced at once; connections made meanwhile wait in the socket's backlog.
"""

from estuary.server.launch import serve

__all__ = ["serve"]
