"""`estuary keys`: administers API keys in the configured store."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, failed, misconfigured, warn

if TYPE_CHECKING:
    from estuary.config.settings import Settings
    from estuary.core.api_keys.key_administration import Grant, KeyAdministration

    Work = Callable[[KeyAdministration], Awaitable[str]]

_EPILOG = """\
A key is printed once, alone on standard output, when it is created or rotated:
  estuary keys create nightly-import --scope items:write > import.key
It is kept nowhere: the store has a digest. Every process of the service knows of a change within 10 s.
"""


def add(commands: Commands) -> None:
    """Add the parser of `estuary keys`, and what runs it, to `commands`."""
    keys = commands.add_parser("keys", help="create, list, rotate and revoke API keys")
    keys.formatter_class = argparse.RawDescriptionHelpFormatter
    keys.epilog = _EPILOG
    parts = keys.add_subparsers(title="parts", metavar="PART", required=True)
    create = parts.add_parser("create", help="make a key and print it")
    create.add_argument("name", metavar="NAME", help="what it is for, as it is listed")
    create.add_argument("--scope", action="append", default=[], metavar="SCOPE", help="may be repeated")
    create.add_argument("--role", action="append", default=[], metavar="ROLE", help="may be repeated")
    whose = create.add_mutually_exclusive_group()
    whose.add_argument("--owner", metavar="OWNER", help="whose records it sees and makes")
    whose.add_argument("--all-owners", action="store_true", help="it sees the records of all owners")
    until = create.add_mutually_exclusive_group()
    until.add_argument(
        "--expires-days", type=_days, default=90, metavar="N", help="days until it expires (default: 90)"
    )
    until.add_argument("--no-expiry", action="store_true", help="it never expires")
    _add_format(create)
    create.set_defaults(command=_create)

    listed = parts.add_parser("list", help="list the keys, without their secrets")
    _add_format(listed)
    listed.set_defaults(command=_list)

    rotate = parts.add_parser("rotate", help="give a key a new secret and print it")
    rotate.add_argument("id", metavar="ID")
    rotate.add_argument(
        "--overlap",
        type=_seconds,
        default=0,
        metavar="SECONDS",
        help="how long the old secret is still honoured (default: 0)",
    )
    _add_format(rotate)
    rotate.set_defaults(command=_rotate)

    revoke = parts.add_parser("revoke", help="revoke keys")
    revoke.add_argument("id", nargs="*", metavar="ID")
    revoke.add_argument("--all", action="store_true", help="every key")
    revoke.set_defaults(command=_revoke)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _create(arguments: argparse.Namespace) -> int:
    from estuary.core.api_keys.grants import demand_valid
    from estuary.core.api_keys.key_administration import Grant
    from estuary.core.errors import ValidationFailed

    grant = Grant(
        name=arguments.name.strip(),
        scopes=tuple(arguments.scope),
        roles=tuple(arguments.role),
        owner=arguments.owner,
        lifetime=None if arguments.no_expiry else timedelta(days=arguments.expires_days),
    )
    try:
        demand_valid(grant)
    except ValidationFailed as error:
        return misconfigured(f"keys create: {error}")

    async def work(administration: "KeyAdministration") -> str:
        from estuary.cli.keys_shown import issued

        return issued(await administration.create(grant, ""), arguments.format)

    return _run(work, lambda settings: _objection(grant, settings, arguments), create=True)


def _objection(grant: "Grant", settings: "Settings", arguments: argparse.Namespace) -> str | None:
    """Why a key like that would be of no use, or would do more than asked for; else None."""
    if settings.auth_owner_claim is not None and grant.owner is None and not arguments.all_owners:
        return "records have owners (AUTH_OWNER_CLAIM): name one with --owner, or say --all-owners"
    if settings.auth_require_scopes and not grant.scopes and not grant.roles:
        return "it would grant nothing: name what it may do with --scope, such as items:read, or --role"
    return None


def _list(arguments: argparse.Namespace) -> int:
    async def work(administration: "KeyAdministration") -> str:
        from estuary.cli.keys_shown import listed

        return listed(await administration.list(), arguments.format)

    return _run(work)


def _rotate(arguments: argparse.Namespace) -> int:
    async def work(administration: "KeyAdministration") -> str:
        from estuary.cli.keys_shown import issued

        overlap = timedelta(seconds=arguments.overlap)
        return issued(await administration.rotate(arguments.id, overlap), arguments.format)

    return _run(work)


def _revoke(arguments: argparse.Namespace) -> int:
    if arguments.all == bool(arguments.id):
        return misconfigured("keys revoke: name the ids of keys, or say --all")

    async def work(administration: "KeyAdministration") -> str:
        if arguments.all:
            return f"revoked {await administration.revoke_all()} keys"
        # All of them are looked up before the first is revoked: a mistyped id leaves everything as it is.
        for key_id in arguments.id:
            await administration.get(key_id)
        for key_id in arguments.id:
            await administration.revoke(key_id)
        return "\n".join(f"revoked {key_id}" for key_id in arguments.id)

    return _run(work)


def _run(
    work: "Work", object_to: "Callable[[Settings], str | None]" = lambda _: None, *, create: bool = False
) -> int:
    """Run `work` on the keys of the configured store, and print its outcome; returns the exit code."""
    import asyncio

    from estuary.app.key_command import administer
    from estuary.backups.errors import BackupError
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.errors import KeyConflict, NotFound, StoreError, WriteContention
    from estuary.core.resource import DeclarationError

    try:
        settings = load().settings
        objection = object_to(settings)
        if objection is not None:
            return misconfigured(f"keys: {objection}")
        if not settings.keys_enabled:
            warn("warning: KEYS_ENABLED is false: a service with this configuration accepts no keys")
        outcome = asyncio.run(administer(settings, work, create=create))
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    except NotFound as error:
        return failed(f"keys: there is no key {error}")
    except WriteContention:
        return failed("keys: others change that key at the same time: try again")
    except (StoreError, BackupError, KeyConflict) as error:
        return failed(error)
    # Not by `say`: a key that could not be written is lost, and its maker has to know.
    print(outcome)
    return OK


def _days(text: str) -> int:
    from estuary.core.api_keys.grants import MAX_DAYS

    return _whole_number(text, 1, MAX_DAYS, "days")


def _seconds(text: str) -> int:
    from estuary.core.api_keys.key_administration import LONGEST_OVERLAP

    return _whole_number(text, 0, LONGEST_OVERLAP // timedelta(seconds=1), "seconds")


def _whole_number(text: str, low: int, high: int, unit: str) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text[:12]) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of {unit} from {low} to {high}")
    return int(text)
