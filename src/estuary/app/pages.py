"""The pages that are on, and their routes; of those that are off nothing is imported or read."""

from collections.abc import Sequence

from estuary import __version__
from estuary.config.settings import Settings
from estuary.config.variables.pages import CONSOLE_ON_API
from estuary.http.messages import Route

DOCS_PATH, CONSOLE_PATH = "/docs", "/console"


def pages_of(settings: Settings) -> Sequence[Route]:
    """The routes of the pages that PORT serves."""
    return [
        *(_docs() if settings.docs_enabled else ()),
        *(_console(settings) if settings.console == CONSOLE_ON_API else ()),
    ]


def _docs() -> Sequence[Route]:
    from estuary.http.pages import PageHandlers, page_routes, policy
    from estuary.pages.page import read_page

    return page_routes(PageHandlers(DOCS_PATH, read_page("docs"), policy(), {}))


def _console(settings: Settings) -> Sequence[Route]:
    from estuary.app.console import told
    from estuary.http.pages import PageHandlers, page_routes, policy
    from estuary.pages.page import page_file, read_page

    beside = {"config.json": page_file(".json", told(settings, __version__))}
    page = read_page("console")
    return page_routes(PageHandlers(CONSOLE_PATH, page, policy(trusted_types=True), beside))
