"""The query parameters of a write: whether it is only to be tried, and what its answer shows."""

from typing import Final

from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import EXPAND, Expansion, Expansions
from estuary.http.records.query_string import pairs_of, refuse_parameters, unknown

VALIDATE_ONLY: Final = "validate_only"
_TRUTHS: Final = {"true": True, "false": False}


class WriteParameters:
    """The options in the query string of a write.

    `dry_run`: to say what would be, and to keep nothing. `expansion`: references to expand in the answer.
    """

    def __init__(self, expansion: Expansion | None = None, *, dry_run: bool = False) -> None:
        self.dry_run: Final = dry_run
        self.expansion: Final = expansion


NO_WRITE_PARAMETERS: Final = WriteParameters()


def check_write(query: str) -> None:
    """Raise `InvalidParameter` where `query` has a parameter that writes do not know."""
    refuse_parameters(query, (VALIDATE_ONLY,))


def write_parameters(query: str, expansions: Expansions) -> WriteParameters:
    """The options in the query string `query`; raises `InvalidParameter`, also for unknown parameters."""
    known = (VALIDATE_ONLY, EXPAND) if expansions.names else (VALIDATE_ONLY,)
    found: dict[str, str] = {}
    for name, value in pairs_of(query):
        if name not in known:
            raise unknown(name, known)
        if name in found:
            raise InvalidParameter(name, "Must be given once")
        found[name] = value
    dry_run = _TRUTHS.get(found.get(VALIDATE_ONLY, "false"))
    if dry_run is None:
        raise InvalidParameter(VALIDATE_ONLY, "Must be true or false")
    return WriteParameters(expansions.of_text(found[EXPAND]) if EXPAND in found else None, dry_run=dry_run)
