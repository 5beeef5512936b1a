"""The query parameters of a write: whether it is only to be tried."""

from typing import Final, NamedTuple

from estuary.http.errors import InvalidParameter
from estuary.http.records.query_string import pairs_of, refuse_parameters, unknown

VALIDATE_ONLY: Final = "validate_only"
_TRUTHS: Final = {"true": True, "false": False}


class WriteParameters(NamedTuple):
    """What the query string of a write asks for; `dry_run`: to say what would be, and to keep nothing."""

    dry_run: bool = False


NO_WRITE_PARAMETERS: Final = WriteParameters()


def check_write(query: str) -> None:
    """Raise `InvalidParameter` where `query` has a parameter that writes do not know."""
    refuse_parameters(query, (VALIDATE_ONLY,))


def write_parameters(query: str) -> WriteParameters:
    """What `query` asks of a write; raises `InvalidParameter`, also for any other parameter."""
    dry_run: bool | None = None
    for name, value in pairs_of(query):
        if name != VALIDATE_ONLY:
            raise unknown(name, (VALIDATE_ONLY,))
        if dry_run is not None:
            raise InvalidParameter(VALIDATE_ONLY, "Must be given once")
        dry_run = _TRUTHS.get(value)
        if dry_run is None:
            raise InvalidParameter(VALIDATE_ONLY, "Must be true or false")
    return WriteParameters(bool(dry_run))
