"""`estuary dev`: binds a port of this machine, and reloads the project at each change."""

import errno
import gc
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from socket import socket

from estuary.app import SharedState, preload, preload_migrations
from estuary.config.combinations import NOBODY_ISSUES_TOKENS
from estuary.config.environment import Loaded, load
from estuary.config.errors import ConfigurationError
from estuary.core.resource import DeclarationError
from estuary.server import watching, worker
from estuary.server.channel import Channel, MessageKind
from estuary.server.child import RunWorker, WorkerExit
from estuary.server.descriptors import raise_limit
from estuary.server.reloader import CannotConfigure, Reloader, Say
from estuary.server.sockets import ADMIN, CannotListen, Sockets, address_of, listen

HOST = "127.0.0.1"
TRIAL_KEYS = Path(".estuary/trial-keys.json")
"""The key that signs trial tokens, below the working directory."""

_PORTS_TRIED = 20
_LOG_FILTER = "estuary=info"
"""What is logged unless the project sets LOG_FILTER: a line for each request, none for connections."""
_ALWAYS = {"HOST": HOST, "WORKERS": "1", "DOCS_ENABLED": "true", "CONSOLE": "api"}


def develop(port: int | None, *, say: Say, complain: Say) -> int:
    """Serve the project in the working directory until a signal to stop; returns the exit code.

    `port` takes the place of PORT; where it is in use, the next free one is taken. `say` prints
    what a developer wants to know, `complain` what is wrong. Raises `ConfigurationError`, `CannotListen`.
    """
    raise_limit()
    loaded = configured(port)
    for warning in loaded.warnings:
        complain(f"warning: {warning}")
    sockets = _sockets(loaded, complain)
    preload(loaded.settings)
    gc.collect()
    gc.freeze()

    def configure() -> RunWorker:
        try:
            now = configured(sockets.service.getsockname()[1])
        except ConfigurationError as error:
            raise CannotConfigure(str(error)) from error
        return partial(_run_version, now, sockets, SharedState(now.settings))

    watch = partial(watching.watch, Path.cwd())
    prepare = partial(preload_migrations, loaded.settings)
    return Reloader(configure, watch, prepare, say=say, complain=complain).run()


def configured(port: int | None) -> Loaded:
    """The project's configuration with the values that `estuary dev` sets; raises `ConfigurationError`.

    Where authentication is on and no issuer is configured, tokens signed with a trial key are accepted.
    """
    own = _ALWAYS if port is None else {**_ALWAYS, "PORT": str(port)}
    loaded = _loaded(own)
    if loaded.settings.production:
        raise ConfigurationError(["APP_PROFILE is production: estuary dev is for one's own machine"])
    (log_filter,) = (each for each in loaded.effective if each.name == "LOG_FILTER")
    return _loaded(own | {"LOG_FILTER": _LOG_FILTER}) if log_filter.source.startswith("default") else loaded


def _loaded(own: Mapping[str, str]) -> Loaded:
    try:
        return load(own)
    except ConfigurationError as error:
        if NOBODY_ISSUES_TOKENS not in error.problems:
            raise
        return load({**own, **_trial_issuer()})


def _trial_issuer() -> dict[str, str]:
    """The variables that make the trial key an issuer; the key is created if there is none."""
    from estuary.app.trial import AUDIENCE, ISSUER, trial_issuer

    keys = trial_issuer(Path.cwd() / TRIAL_KEYS)
    return {"AUTH_JWKS_URLS": keys.as_uri(), "AUTH_ISSUER": ISSUER, "AUTH_AUDIENCE": AUDIENCE}


def _sockets(loaded: Loaded, complain: Say) -> Sockets:
    """The first free port from PORT on, and ADMIN_PORT's if it is configured and free."""
    settings = loaded.settings
    service = _first_free(settings.port, complain)
    if settings.admin_port is None:
        return Sockets(service, None)
    try:
        return Sockets(service, listen(settings.admin_host, settings.admin_port, ADMIN))
    except CannotListen as error:
        complain(f"{error}: it is left out")
        return Sockets(service, None)


def _first_free(wanted: int, complain: Say) -> socket:
    last = min(wanted + _PORTS_TRIED, 65_535)
    for port in range(wanted, last):
        try:
            found = listen(HOST, port)
        except CannotListen as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno != errno.EADDRINUSE:
                raise
            continue
        if port != wanted:
            complain(f"port {wanted} is in use by another program: {port} is taken instead")
        return found
    return listen(HOST, last)


def _run_version(
    loaded: Loaded, sockets: Sockets, shared: SharedState, channel: Channel, number: int
) -> int:
    """Serve one version of the project, in its own process; returns its exit code."""
    # Bytecode is matched to its source by whole seconds: of two saves within one, the first would stay.
    sys.dont_write_bytecode = True
    gc.disable()
    from estuary.app.introduction import introduction

    try:
        with channel.ending_process():
            lines = introduction(loaded.settings, address_of(sockets.service), Path.cwd() / TRIAL_KEYS)
    except DeclarationError as error:
        channel.send(MessageKind.FAILED, *str(error).splitlines())
        return WorkerExit.MISCONFIGURED
    channel.send(MessageKind.INTRODUCED, *lines)
    return worker.run(loaded, sockets, channel, None, shared, number)
