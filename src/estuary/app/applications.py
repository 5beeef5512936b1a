"""The HTTP applications of a service: the one on its port, and the operators' one on its own port."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from estuary.app.access import Permissions
from estuary.app.authentication import Authentication
from estuary.app.observability import Observability
from estuary.app.pipeline import doors, guards, rate_limit, subject_rate_limit
from estuary.config.settings import Settings
from estuary.config.variables.pages import CONSOLE_ON_ADMIN
from estuary.core.ports import RateLimiter
from estuary.http.client_address import ClientAddress
from estuary.http.guards.access import AccessGuard
from estuary.http.guards.cors import Cors
from estuary.http.guards.head import HeadLimits
from estuary.http.guards.metrics_token import MetricsToken
from estuary.http.guards.request_id import Identifier
from estuary.http.guards.security_headers import security_headers
from estuary.http.kernel import Admission, Application, PathRouter, Reporter
from estuary.http.messages import Handler, Route
from estuary.http.negotiation import VARY
from estuary.http.operator_handlers import OperatorHandlers
from estuary.http.problems import Problems
from estuary.http.records.handlers import RecordHandlers
from estuary.http.routes import operators_table, table
from estuary.http.under_way import RequestsUnderWay

if TYPE_CHECKING:  # imported only where keys are administered
    from estuary.http.keys.handlers import KeyHandlers


class Parts(msgspec.Struct, frozen=True):
    """The handlers of all routes; `keys` is None where API keys are not administered over HTTP."""

    operations: OperatorHandlers
    collections: Sequence[RecordHandlers]
    batch: Handler
    keys: "KeyHandlers | None"


class Applications:
    """Makes both. They have the constant headers and the set of requests under way in common."""

    def __init__(
        self,
        settings: Settings,
        observability: Observability,
        limiter: RateLimiter,
        auth: Authentication,
        permissions: Permissions,
    ) -> None:
        clock, _, metrics, _, observers = observability
        in_flight = RequestsUnderWay()
        cors = Cors(settings.cors_allowed_origins)
        counting = rate_limit(settings, limiter, observers)
        self._settings = settings
        access = [AccessGuard(observers)] if permissions.any else []
        by_subject = subject_rate_limit(settings, limiter, observers)
        self._guards = guards(
            settings, cors, counting, auth.guards, by_subject, access, observers, in_flight
        )
        self._permissions = permissions
        self._doors = doors(settings, cors, counting)
        self._cors = cors if settings.cors_allowed_origins else None
        self._metrics_token = (
            None if settings.metrics_token is None else MetricsToken(settings.metrics_token)
        )
        self._admission = partial(
            Admission, identifier=Identifier(), addresses=ClientAddress(settings.trusted_proxies)
        )
        self._application = partial(
            Application,
            reporter=Reporter(clock, observers, metrics.requests_waiting),
            problems=Problems(clock.timestamp),
            constant_headers=(
                *security_headers(strict=settings.security_strict_mode, csp=settings.security_csp),
                VARY,
                *cors.constant_headers,
            ),
            observe=observers,
            in_flight=in_flight,
        )

    def service(self, parts: Parts, pages: Sequence[Route]) -> Application:
        """What HOST and PORT serve; of the operators' routes, only probes if those have their own port."""
        return self._whole(parts, pages, details=self._settings.admin_port is None)

    def operators(self, parts: Parts, pages: Sequence[Route]) -> Application | None:
        """What ADMIN_HOST and ADMIN_PORT serve; None if ADMIN_PORT is not set.

        With the console there, all that the console asks is served, too, past the same guards.
        """
        if self._settings.admin_port is None:
            return None
        if self._settings.console == CONSOLE_ON_ADMIN:
            return self._whole(parts, pages, details=True)
        routes = operators_table(parts.operations, self._metrics_token)
        admission = self._admission(router=PathRouter(routes), guards=[HeadLimits()], doors=[], cors=None)
        return self._application(admission=admission)

    def _whole(self, parts: Parts, pages: Sequence[Route], *, details: bool) -> Application:
        routes = table(
            parts.operations,
            parts.collections,
            parts.batch,
            rights=self._permissions.of,
            batch_rights=self._permissions.batch,
            keys=parts.keys,
            keys_role=self._settings.keys_role,
            token=self._metrics_token,
            details=details,
            pages=pages,
        )
        admission = self._admission(
            router=PathRouter(routes), guards=self._guards, doors=self._doors, cors=self._cors
        )
        return self._application(admission=admission)
