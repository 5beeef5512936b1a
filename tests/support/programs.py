"""Programs that tests drive: a missing one skips the test by name, and fails it where all must run."""

import os

import pytest


def require(name: str, path: str | None) -> str:
    """`path` of the program `name`; without one, skip, or fail where ESTUARY_TEST_REQUIRE_ALL is 1."""
    if path is not None:
        return path
    if os.environ.get("ESTUARY_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing, and here every test must run")
    pytest.skip(f"{name} is missing")
