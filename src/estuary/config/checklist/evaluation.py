"""The items of the checklist in their order, and their evaluation."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from estuary.config.checklist import edge, encryption, protection, proxies, secrets, upkeep
from estuary.config.checklist.facts import NOTHING, Facts
from estuary.config.checklist.finding import Finding, Status
from estuary.config.environment import Loaded


class Item(msgspec.Struct, frozen=True):
    """An item. `by_configuration`: the configuration alone can make it fail."""

    name: str
    demand: str
    decide: Callable[[Loaded, Facts], Finding]
    by_configuration: bool = False


ITEMS = (
    Item("profile", "The production profile is on", protection.profile, by_configuration=True),
    Item("strict-mode", "Strict mode is on", protection.strict_mode, by_configuration=True),
    Item("csp", "The CSP restricts scripts", protection.content_security_policy, by_configuration=True),
    Item("authentication", "Callers are authenticated", protection.authentication, by_configuration=True),
    Item("access", "Access rules open what they are meant to", protection.access_rules),
    Item("keys", "API keys expire, and are used", protection.api_keys),
    Item("https", "Clients come by HTTPS", edge.https, by_configuration=True),
    Item("certificates", "Certificates last", edge.certificates),
    Item("secrets", "Secrets are safe, and are secrets", secrets.secrets, by_configuration=True),
    Item("transport", "What goes to databases is encrypted", encryption.transport),
    Item("rate-limit", "Requests are limited per client", protection.rate_limit, by_configuration=True),
    Item("cors", "Only your own pages may call", protection.cross_origin, by_configuration=True),
    Item("pages", "Pages are for those who are meant to see them", protection.pages),
    Item("logging", "Debug lines are off", protection.debug_logging, by_configuration=True),
    Item("monitoring", "Metrics are there, and not for everybody", upkeep.monitoring),
    Item("backups", "The last backup is recent", upkeep.backups),
    Item("floods", "Something stops floods", edge.shield),
    Item("proxies", "Only proxies say who a client is", proxies.proxies, by_configuration=True),
    Item("dependencies", "No library is known to be vulnerable", upkeep.dependencies),
    Item("files", "Other users get at no secret and no record", upkeep.file_permissions),
    Item("store", "Records outlive the process", upkeep.store, by_configuration=True),
    Item("schema", "The tables fit the resources", upkeep.schema),
    Item("clock", "The clock is right", edge.clock),
    Item("disk", "The disk has room", upkeep.disk),
)


class Line(NamedTuple):
    """An item and its finding."""

    item: Item
    finding: Finding


def decide(loaded: Loaded, facts: Facts) -> list[Line]:
    """The checklist, in its order, evaluated for this configuration and these facts."""
    return [Line(item, item.decide(loaded, facts)) for item in ITEMS]


def failures_by_configuration(loaded: Loaded) -> Iterator[Line]:
    """The items that fail whatever the facts are; nothing is gathered for them."""
    for item in ITEMS:
        if item.by_configuration:
            finding = item.decide(loaded, NOTHING)
            if finding.status is Status.FAIL:
                yield Line(item, finding)
