"""`estuary healthcheck`: asks a running service for its health, for containers without curl."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import FAILED, OK, failed, misconfigured
from estuary.cli.streams import say


def add(commands: Commands) -> None:
    """Add the parser of `estuary healthcheck`, and what runs it, to `commands`."""
    health = commands.add_parser("healthcheck", help="ask a running service whether it is well")
    health.add_argument("--ready", action="store_true", help="ask for readiness instead of liveness")
    health.add_argument("--timeout", type=_seconds, default=3.0, metavar="SECONDS", help="default: 3")
    health.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Ask the service at HOST and PORT of this configuration."""
    import http.client

    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.config.networks import asked_at

    try:
        settings = load().settings
    except ConfigurationError as error:
        return misconfigured(error)
    host = asked_at(settings.host)
    path = "/health/ready" if arguments.ready else "/health/live"
    connection = http.client.HTTPConnection(host, settings.port, timeout=arguments.timeout)
    try:
        connection.request("GET", path, headers={"connection": "close"})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return failed(f"no answer from {host}:{settings.port}: {error}")
    finally:
        connection.close()
    say(body)
    return OK if response.status == http.client.OK else FAILED


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 300:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from above 0 to 300")
    return seconds
