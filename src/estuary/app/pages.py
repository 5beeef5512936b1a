"""The pages that are on, and their routes; of those that are off nothing is imported or read."""

from collections.abc import Sequence

import msgspec

from estuary.app.service import Companion
from estuary.config.settings import Settings
from estuary.config.variables.pages import CONSOLE_OFF, CONSOLE_ON_ADMIN
from estuary.core.resource import Resource
from estuary.http.messages import Route

DOCS_PATH, CONSOLE_PATH = "/docs", "/console"


class Pages(msgspec.Struct, frozen=True):
    """The routes of pages on PORT, those on ADMIN_PORT, and what runs in the background for them."""

    on_port: Sequence[Route]
    on_admin_port: Sequence[Route]
    companions: Sequence[Companion]


def make_pages(settings: Settings, resources: Sequence[Resource]) -> Pages:
    """The pages that `settings` turn on, for a service of `resources`."""
    docs = _docs() if settings.docs_enabled else ()
    if settings.console == CONSOLE_OFF:
        return Pages(docs, docs, ())
    from estuary.app.console import make_console

    console, companions = make_console(settings, resources, CONSOLE_PATH)
    if settings.console == CONSOLE_ON_ADMIN:
        return Pages(docs, [*docs, *console], companions)
    return Pages([*docs, *console], docs, companions)


def _docs() -> Sequence[Route]:
    from estuary.http.pages import PageHandlers, page_routes, policy
    from estuary.pages.page import read_page

    return page_routes(PageHandlers(DOCS_PATH, read_page("docs"), policy()))
