"""The Prometheus operator's resources, as far as Estuary uses them: what is not named here is refused.

Fields are those of monitoring.coreos.com/v1; the operator's custom resource definitions are the source.
"""

import re
from typing import Annotated

from msgspec import Meta, Struct, field

Duration = Annotated[
    str, Meta(pattern=r"^(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$", min_length=2)
]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class _Strict(Struct, forbid_unknown_fields=True, rename="camel"):
    """What knows its fields and takes no other."""


class Metadata(_Strict):
    """What is set of a resource's metadata."""

    name: Name
    namespace: Name
    labels: dict[str, str]


class Selector(_Strict):
    """Which services are meant."""

    match_labels: dict[str, str]


class Endpoint(_Strict):
    """One port to scrape: `port` is the name of a service's port."""

    port: Name
    path: str
    interval: Duration
    scrape_timeout: Duration


class ServiceMonitorSpec(_Strict):
    """What to scrape, and under which job: the value of the service's label `job_label`."""

    job_label: str
    selector: Selector
    endpoints: Annotated[list[Endpoint], Meta(min_length=1)]


class ServiceMonitor(_Strict):
    """The whole resource."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: ServiceMonitorSpec


class Rule(_Strict):
    """A recording rule or an alert."""

    expr: str
    record: str | None = None
    alert: str | None = None
    for_: Duration | None = field(default=None, name="for")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    def __post_init__(self) -> None:
        if (self.record is None) == (self.alert is None):
            raise ValueError("a rule either records or alerts")
        if self.record is not None and not METRIC.fullmatch(self.record):
            raise ValueError(f"{self.record} is no name of a metric")


class Group(_Strict):
    """Rules that are evaluated one after the other."""

    name: str
    rules: Annotated[list[Rule], Meta(min_length=1)]


class PrometheusRuleSpec(_Strict):
    """All groups."""

    groups: list[Group]


class PrometheusRule(_Strict):
    """The whole resource."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: PrometheusRuleSpec
