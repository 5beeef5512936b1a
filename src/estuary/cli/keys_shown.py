"""API keys as `estuary keys` prints them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from estuary.cli.exits import warn
from estuary.cli.terminal_tables import table, terminal_width
from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.api_keys.key_administration import Issued
from estuary.core.api_keys.key_view import issued_view, key_view, state_of

_TITLES = ("ID", "STATE", "EXPIRES", "LAST USED", "OWNER", "GRANTS", "NAME")


def issued(made: Issued, form: str) -> str:
    """The key alone, or all about it as JSON; in text what else is to be known goes to standard error."""
    if form == "json":
        return _json(issued_view(*made, datetime.now(UTC)))
    until = "never" if made.key.expires_at is None else _moment(made.key.expires_at)
    warn(f"key {made.key.id}, expires {until}; it is shown this once")
    return made.text


def listed(keys: Sequence[ApiKey], form: str) -> str:
    """A table, or a list as JSON."""
    now = datetime.now(UTC)
    if form == "json":
        return _json([key_view(key, now) for key in keys])
    rows = [_TITLES, *(_row(key, now) for key in keys)]
    return "\n".join(table(rows, terminal_width()))


def _row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    return (
        key.id,
        state_of(key, now).value,
        "never" if key.expires_at is None else _moment(key.expires_at),
        "never" if key.used_at is None else _moment(key.used_at),
        "(all)" if key.owner is None else key.owner,
        " ".join([*key.scopes, *(f"role:{role}" for role in key.roles)]) or "(nothing)",
        key.name,
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()
