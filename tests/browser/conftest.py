"""Every test here looks at a page of a real service in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests in this folder; each visits in a context of its own.

    It ends with the last of them: while it runs, no test that is a coroutine can.
    """
    with chromium() as browser:
        yield browser
