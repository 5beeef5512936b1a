"""Every test here speaks HTTP to a whole service in this process, on stores of every sort."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.http.stores import VARIABLES
from tests.support.issuer import Issuer, issuing
from tests.support.service import client_of, make_service


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


@pytest.fixture(params=["memory", "sqlite", "postgres", "convex"])
def store_variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables that choose the store."""
    return VARIABLES[request.param](tmp_path)


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a fresh service."""
    async with client_of(make_service(tmp_path, **store_variables)) as client:
        yield client
