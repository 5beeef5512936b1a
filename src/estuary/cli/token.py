"""`estuary token`: a local key and a token signed with it, to try authentication."""

import argparse
import sys
from pathlib import Path
from typing import Any

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, failed, misconfigured

_DEFAULT_SECONDS = 3600
_DEFAULT_SCOPE = "items:read items:write"
_EPILOG = """\
The key is made on the first call, and stays in FILE, readable by you alone; its public half is written
beside it (keys.json: keys.public.json). Let Estuary believe it with
  AUTH_ENABLED=true AUTH_JWKS_URLS=file:///whole/path/keys.public.json

Not in production: a key on a disk is no identity provider.
"""


def add(commands: Commands) -> None:
    """Add the parser of `estuary token`, and what runs it, to `commands`."""
    token = commands.add_parser("token", help="make a key and print a token signed with it, for trials")
    token.formatter_class = argparse.RawDescriptionHelpFormatter
    token.epilog = _EPILOG
    token.add_argument("--keys", type=Path, required=True, metavar="FILE", help="where the key is kept")
    token.add_argument("--algorithm", default="RS256", help="of a new key: RS256, ES256, EdDSA")
    token.add_argument("--subject", default="trial", help="whom it speaks of (default: trial)")
    token.add_argument("--issuer", metavar="TEXT", help="default: the first of AUTH_ISSUER, if any")
    token.add_argument("--audience", metavar="TEXT", help="default: the first of AUTH_AUDIENCE, if any")
    token.add_argument(
        "--scope", default="items:read items:write", help='default: "items:read items:write"'
    )
    token.add_argument("--claim", action="append", default=[], metavar="NAME=TEXT", help="one more claim")
    token.add_argument("--expires", type=_seconds, default=_DEFAULT_SECONDS, metavar="SECONDS")
    token.set_defaults(command=_run)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 31_536_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to a year's")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.extras import needs

    try:
        settings = load().settings
    except ConfigurationError as error:
        return misconfigured(error)
    if settings.production:
        return misconfigured("token: APP_PROFILE is production; tokens come from your identity provider")
    try:
        from estuary.auth.trial import BadKeyFile, UnknownAlgorithm, keys_at
    except ModuleNotFoundError as error:
        return failed(needs("token", str(error.name), "auth"))
    try:
        claims = _claims(arguments, settings.auth_issuer, settings.auth_audience)
        keys, is_new = keys_at(arguments.keys, arguments.algorithm)
    except (BadKeyFile, UnknownAlgorithm, BadClaim) as error:
        return misconfigured(f"token: {error}")
    except OSError as error:
        return failed(f"{arguments.keys} cannot be used: {error.strerror}")
    if is_new:
        print(f"made {arguments.keys} and its public half beside it", file=sys.stderr)
    print(keys.sign(claims))
    return OK


class BadClaim(Exception):
    """A claim does not have the form NAME=TEXT."""


def _claims(
    arguments: argparse.Namespace, issuers: tuple[str, ...], audiences: tuple[str, ...]
) -> dict[str, Any]:
    """The claims of the token; raises `BadClaim`."""
    import time

    now = int(time.time())
    claims = {
        "iss": arguments.issuer or next(iter(issuers), None),
        "aud": arguments.audience or next(iter(audiences), None),
        "sub": arguments.subject,
        "scope": arguments.scope,
        "iat": now,
        "exp": now + arguments.expires,
    }
    for claim in arguments.claim:
        name, equals, text = claim.partition("=")
        if not (name and equals):
            raise BadClaim(f"--claim is {claim!r}: it must be NAME=TEXT")
        claims[name] = text
    return {name: value for name, value in claims.items() if value is not None}
