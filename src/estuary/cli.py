"""The `estuary` command: arguments in, exit code out.

0 means done, 1 that something could not be done, 2 that the configuration or the arguments are wrong.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from estuary import __version__

OK, FAILED, MISCONFIGURED = 0, 1, 2

_DESCRIPTION = "A production-grade REST API over declared resources."
_EPILOG = """\
Configuration comes from environment variables and from .env in the current folder;
`estuary check` shows each value and where it came from.

exit codes: 0 done, 1 failed (store, port, probe), 2 configuration or arguments are wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the process's own) ask for; its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] | None = getattr(chosen, "command", None)
    if command is None:
        parser.print_help()
        return MISCONFIGURED
    return command(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="estuary",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"estuary {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve the API until told to stop")
    serve.set_defaults(command=_serve)

    check = commands.add_parser(
        "check", help="check configuration and store; show every value and its origin"
    )
    check.set_defaults(command=_check)

    openapi = commands.add_parser("openapi", help="print the API's OpenAPI document")
    openapi.set_defaults(command=_openapi)

    health = commands.add_parser("healthcheck", help="ask a running service whether it is well")
    health.add_argument("--ready", action="store_true", help="ask for readiness instead of liveness")
    health.add_argument("--timeout", type=_seconds, default=3.0, metavar="SECONDS", help="default: 3")
    health.set_defaults(command=_healthcheck)
    return parser


def _serve(_: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.server import serve

    try:
        loaded = load()
    except ConfigurationError as error:
        return _misconfigured(error)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return serve(loaded)


def _check(_: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.core.errors import StoreError
    from estuary.core.resource import DeclarationError

    try:
        loaded = load()
    except ConfigurationError as error:
        return _misconfigured(error)
    for line in loaded.describe():
        print(line)
    for warning in loaded.warnings:
        print(f"warning: {warning}")
    from estuary.app import probe

    try:
        print(probe(loaded.settings))
    except DeclarationError as error:
        return _misconfigured(error)
    except StoreError as error:
        print(f"estuary: {error}", file=sys.stderr)
        return FAILED
    print("ok")
    return OK


def _openapi(_: argparse.Namespace) -> int:
    from estuary.app import load_resources, openapi
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.core.resource import DeclarationError

    try:
        document = openapi(load_resources(load().settings.resources))
    except (ConfigurationError, DeclarationError) as error:
        return _misconfigured(error)
    sys.stdout.buffer.write(document + b"\n")
    return OK


def _healthcheck(arguments: argparse.Namespace) -> int:
    """Ask the service at HOST and PORT, as the same configuration would serve it."""
    import http.client

    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError

    try:
        settings = load().settings
    except ConfigurationError as error:
        return _misconfigured(error)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - not bound, asked
    path = "/health/ready" if arguments.ready else "/health/live"
    connection = http.client.HTTPConnection(host, settings.port, timeout=arguments.timeout)
    try:
        connection.request("GET", path, headers={"connection": "close"})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        print(f"estuary: no answer from {host}:{settings.port}: {error}", file=sys.stderr)
        return FAILED
    finally:
        connection.close()
    print(body)
    return OK if response.status == http.client.OK else FAILED


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 300:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from above 0 to 300")
    return seconds


def _misconfigured(error: Exception) -> int:
    print(f"estuary: {error}", file=sys.stderr)
    return MISCONFIGURED
