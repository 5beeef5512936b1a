"""What a write asks for beside its body, and before it: a version, a key, an owner's records, a dry run."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from estuary.core.access.identity import Identity
from estuary.core.access.rights import EVERYTHING, Grant
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.http.errors import PreconditionRequired
from estuary.http.messages import Request
from estuary.http.records.expansion import NO_EXPANSIONS, Expansion, Expansions
from estuary.http.records.write_headers.idempotency import KeyHeader, key_text
from estuary.http.records.write_headers.preconditions import (
    ABSENT,
    NO_PRECONDITION,
    Precondition,
    demands_absence,
    precondition_of,
)
from estuary.http.records.write_headers.preferences import prefers_minimal
from estuary.http.records.write_headers.write_parameters import (
    NO_WRITE_PARAMETERS,
    WriteParameters,
    write_parameters,
)


class WriteHeaders:
    """What the headers of one write, and its query string, ask for.

    `identity` is who asks, `grant` what it may do. `dry_run`: only to say what would be; `minimal`: to
    answer without a body; `expansion`: the references to expand in the answer.
    """

    __slots__ = ("dry_run", "expansion", "grant", "identity", "key", "minimal", "owner", "precondition")

    def __init__(
        self,
        owner: str | None = None,
        key: KeyHeader | None = None,
        precondition: Precondition = NO_PRECONDITION,
        dry_run: bool = False,
        minimal: bool = False,
        identity: Identity | None = None,
        grant: Grant = EVERYTHING,
        expansion: Expansion | None = None,
    ) -> None:
        self.owner: Final = owner
        self.key: Final = key
        self.precondition: Final = precondition
        self.dry_run: Final = dry_run
        self.minimal: Final = minimal
        self.identity: Final = identity
        self.grant: Final = grant
        self.expansion: Final = expansion

    def options(self, body: bytes) -> WriteOptions:
        """The options of the write, now that its body is known."""
        if self is NO_WRITE_HEADERS:
            return UNCONDITIONAL
        key = None if self.key is None else self.key.with_body(body)
        version = self.precondition.version
        return WriteOptions(self.owner, version, key, dry_run=self.dry_run, identity=self.identity)


NO_WRITE_HEADERS: Final = WriteHeaders()


class WriteHeadersReader:
    """Reads write headers; `now` gives the time, `require_if_match` refuses changes without a version.

    `names_asker`: each write carries who asks, for a resource whose records depend on that.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        require_if_match: bool,
        names_asker: bool = False,
        expansions: Expansions = NO_EXPANSIONS,
    ) -> None:
        self._expansions = expansions
        self._now = now
        self._require_if_match = require_if_match
        self._names_asker = names_asker

    def of_create(self, request: Request) -> WriteHeaders:
        """The headers of a request to create; preconditions are about records, and there is none yet.

        Raises `InvalidParameter`.
        """
        parameters = self._parameters(request)
        return self._unconditional(request, parameters)

    def of_change(self, request: Request) -> WriteHeaders:
        """The headers of a request to change; raises `InvalidParameter`, `PreconditionRequired`."""
        parameters = self._parameters(request)
        headers = request.headers
        if headers.get("if-match") is None:
            if self._require_if_match:
                raise PreconditionRequired
            if headers.get("if-none-match") is None:
                return self._unconditional(request, parameters)
        return self._read(request, parameters, precondition_of(headers))

    def of_put(self, request: Request) -> WriteHeaders:
        """The headers of a request to change, or to create under its id; raises as `of_change` does."""
        if not demands_absence(request.headers):
            return self.of_change(request)
        parameters = self._parameters(request)
        return self._read(request, parameters, ABSENT)

    def _parameters(self, request: Request) -> WriteParameters:
        query = request.query
        return write_parameters(query, self._expansions) if query else NO_WRITE_PARAMETERS

    def _unconditional(self, request: Request, parameters: WriteParameters) -> WriteHeaders:
        headers = request.headers
        if (
            request.owner is None
            and request.grant is EVERYTHING
            and (request.identity is None or not self._names_asker)
            and parameters is NO_WRITE_PARAMETERS
            and headers.get("idempotency-key") is None
            and headers.get("prefer") is None
        ):
            return NO_WRITE_HEADERS
        return self._read(request, parameters, NO_PRECONDITION)

    def _read(
        self, request: Request, parameters: WriteParameters, precondition: Precondition
    ) -> WriteHeaders:
        text = key_text(request)
        key = None if text is None else KeyHeader(request, text, self._now(), precondition.absent)
        minimal = prefers_minimal(request.headers)
        identity = request.identity if self._names_asker else None
        return WriteHeaders(
            request.owner,
            key,
            precondition,
            parameters.dry_run,
            minimal,
            identity,
            request.grant,
            parameters.expansion,
        )
