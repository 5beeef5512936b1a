"""A real Estuary that keeps its records in Convex, and what it says of a Convex that it cannot use."""

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from estuary.core.items import ITEMS
from estuary.stores.convex.deployable import write
from estuary.stores.convex.schema import schema
from tests.support.command import estuary
from tests.support.http import get, post
from tests.support.process import HOST, NOT_READY, serving, until
from tests.support.resources import VESSELS
from tests.support.servers import shared
from tests.support.servers.convex import (
    DEPLOY_KEY,
    FUNCTIONS,
    ROOT,
    ConvexHost,
    Deployment,
)

PATH = "/api/v1/items"


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """A deployment without records."""
    deployment = Deployment(shared.convex())
    yield deployment
    deployment.recover()
    deployment.forget()


def test_an_outage_is_told_and_passes(tmp_path: Path, deployment: Deployment) -> None:
    """503 and not ready while Convex is away, alive all the time; then all is as before."""
    variables = {**deployment.variables, "DATABASE_TIMEOUT_SECONDS": "1", "LOG_FILTER": "estuary=debug"}
    with serving(tmp_path, variables) as server:
        created = post(server, PATH, b'{"name": "boat"}')
        path = created.headers["location"]
        assert (201, created.body) == (created.status, get(server, path).body)
        for how in ("refuse", "hang", "reset"):
            with deployment.failing(how):
                assert (503, 503) == (get(server, path).status, post(server, PATH, b'{"name": "x"}').status)
                until(lambda: get(server, "/health/ready").status == 503)
                assert 200 == get(server, "/health/live").status
            until(lambda: get(server, "/health/ready").status == 200)
            assert created.body == get(server, path).body
        assert 1 == json.loads(get(server, PATH).body)["total"]
        assert 0 == server.stop()
    assert "c2VjcmV0" not in server.out.text + server.err.text


def test_several_workers_share_it(tmp_path: Path, deployment: Deployment) -> None:
    """Whatever worker answers, the records are the same."""
    with serving(tmp_path, {**deployment.variables, "WORKERS": "2"}) as server:
        for number in range(10):
            post(server, PATH, b'{"name": "boat"}')
            assert number + 1 == json.loads(get(server, PATH).body)["total"]


def test_a_deployment_that_answers(tmp_path: Path, deployment: Deployment) -> None:
    """`estuary check` says so, and shows neither URL nor key."""
    done = estuary(tmp_path, "check", **deployment.variables)
    assert (0, "") == (done.returncode, done.stderr)
    assert "store: convex answers" in done.stdout
    assert DEPLOY_KEY not in done.stdout
    assert deployment.url not in done.stdout


def test_there_is_nothing_to_migrate(tmp_path: Path, deployment: Deployment) -> None:
    """`estuary migrate` says whether what is deployed fits, and what to do if not."""
    done = estuary(tmp_path, "migrate", **deployment.variables)
    assert (0, "nothing to migrate: the store fits the declared resources\n") == (
        done.returncode,
        done.stdout,
    )
    (tmp_path / "other.py").write_text(
        "from estuary.core.resource import Resource\n"
        "from tests.support.resources import Vessel\n"
        'ITEMS = Resource("items", Vessel)\n'
    )
    variables = {**deployment.variables, "RESOURCES": "other:ITEMS", "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    done = estuary(tmp_path, "migrate", **variables)
    assert (1, "") == (done.returncode, done.stdout)
    assert "does not fit the declaration of items" in done.stderr
    assert "npx convex deploy" in done.stderr


def test_indexes_that_wait_for_older_records(tmp_path: Path, deployment: Deployment) -> None:
    """With `DATABASE_MIGRATE=check` they wait for `estuary migrate`, which tells what it does."""
    variables = {
        **deployment.variables,
        "RESOURCES": "tests.support.queries:MOORINGS",
        "PYTHONPATH": str(ROOT),
        "DATABASE_MIGRATE": "check",
    }
    waiting = estuary(tmp_path, "check", **variables)
    assert 1 == waiting.returncode
    assert "run `estuary migrate`" in waiting.stderr
    plan = estuary(tmp_path, "migrate", "--plan", **variables)
    assert (0, "-- complete the indexed fields of older records in moorings;\n") == (
        plan.returncode,
        plan.stdout,
    )
    assert 0 == estuary(tmp_path, "migrate", **variables).returncode
    checked = estuary(tmp_path, "check", **variables)
    assert (0, "") == (checked.returncode, checked.stderr)
    assert "(side, depth): sort=side,depth; side=…&sort=depth" in checked.stdout


@pytest.mark.parametrize("command", ["check", "serve"])
@pytest.mark.parametrize("url", ["happy-otter-123", "https://", "https://a.convex.site", "https://a/b"])
def test_a_url_that_is_none(tmp_path: Path, command: str, url: str) -> None:
    """Exit 2, with the variable and what it may be."""
    done = estuary(tmp_path, command, DATABASE_TYPE="convex", CONVEX_DEPLOYMENT_URL=url)
    assert (2, "") == (done.returncode, done.stdout)
    assert "CONVEX_DEPLOYMENT_URL is [hidden] (environment): " in done.stderr
    assert "it must be a URL such as https://" in done.stderr


def test_an_unreachable_deployment_is_reported(tmp_path: Path) -> None:
    """Exit 1: the store is unavailable; a service waits for it."""
    with socket.create_server((HOST, 0)) as unused:
        port = unused.getsockname()[1]
    variables = {"DATABASE_TYPE": "convex", "CONVEX_DEPLOYMENT_URL": f"http://{HOST}:{port}"}
    done = estuary(tmp_path, "check", **variables)
    assert 1 == done.returncode
    assert "Convex is unavailable: no connection can be made" in done.stderr
    variables["DATABASE_TIMEOUT_SECONDS"] = "1"
    with serving(tmp_path, variables, message=NOT_READY) as server:
        assert 503 == get(server, "/health/ready").status
        server.record(
            "not ready until the store answers",
            reason="Convex is unavailable: no connection can be made: is CONVEX_DEPLOYMENT_URL right?",
        )
        assert 0 == server.stop()


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_a_deployment_that_is_away_at_the_start_is_waited_for(
    tmp_path: Path, deployment: Deployment, how: str
) -> None:
    """Alive, not ready; ready by itself once Convex is, and not before."""
    with ExitStack() as stack:
        variables = {**deployment.variables, "DATABASE_TIMEOUT_SECONDS": "1"}
        with deployment.failing(how):
            server = stack.enter_context(serving(tmp_path, variables, message=NOT_READY))
            assert 503 == get(server, "/health/ready").status
            assert 200 == get(server, "/health/live").status
            assert 503 == post(server, PATH, b'{"name": "early"}').status
        server.wait_until_ready()
        assert 200 == get(server, "/health/ready").status
        assert 201 == post(server, PATH, b'{"name": "boat"}').status
        assert 0 == server.stop()


def test_a_key_that_is_refused_ends_the_start(tmp_path: Path, deployment: Deployment) -> None:
    """It is no outage: exit 1, and what to do."""
    done = estuary(tmp_path, "serve", **{**deployment.variables, "CONVEX_DEPLOY_KEY": "prod:other|a2V5"})
    assert 1 == done.returncode
    assert "Convex refuses the deploy key: check CONVEX_DEPLOY_KEY" in done.stderr


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("prod:other|a2V5", "Convex refuses the deploy key: check CONVEX_DEPLOY_KEY"),
        ("", "npx convex env set ESTUARY_PUBLIC true"),
    ],
)
def test_a_key_that_opens_nothing(tmp_path: Path, deployment: Deployment, key: str, message: str) -> None:
    """Exit 1, and what to do."""
    done = estuary(tmp_path, "check", **{**deployment.variables, "CONVEX_DEPLOY_KEY": key})
    assert 1 == done.returncode
    assert message in done.stderr


def test_functions_that_are_not_deployed(tmp_path: Path) -> None:
    """Exit 1, and the command that deploys them."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), [ITEMS])
        for function in ("records.ts", "public.ts"):
            (Path(folder) / function).unlink()
        host = ConvexHost(Path(folder))
    try:
        done = estuary(tmp_path, "check", **Deployment(host).variables)
    finally:
        host.stop()
    assert 1 == done.returncode
    assert "Estuary's functions are missing in Convex: deploy them with `npx convex deploy`" in done.stderr


def test_the_schema_is_printed(tmp_path: Path) -> None:
    """For the resources of the configuration, and nothing but the schema."""
    done = estuary(tmp_path, "convex", "schema")
    assert (0, schema([ITEMS]), "") == (done.returncode, done.stdout, done.stderr)


def test_all_that_is_deployed_is_written(tmp_path: Path) -> None:
    """The functions as they are, and the schema of the configured resources; other files stay."""
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/mine.ts").write_text("mine")
    variables = {"RESOURCES": "tests.support.resources:VESSELS", "PYTHONPATH": str(ROOT)}
    done = estuary(tmp_path, "convex", "write", "convex", **variables)
    assert (0, "") == (done.returncode, done.stderr)
    files = {file.name: file.read_text() for file in (tmp_path / "convex").iterdir()}
    expected = {file.name: file.read_text() for file in FUNCTIONS.glob("*") if file.is_file()}
    assert {**expected, "schema.ts": schema([VESSELS]), "mine.ts": "mine"} == files
    assert sorted(expected) == sorted(Path(line).name for line in done.stdout.splitlines())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Exit 1, and why."""
    (tmp_path / "convex").write_text("a file")
    done = estuary(tmp_path, "convex", "write", "convex")
    assert (1, "") == (done.returncode, done.stdout)
    assert "convex cannot be written: File exists" in done.stderr


@pytest.mark.parametrize("arguments", [("convex",), ("convex", "dance")])
def test_a_part_that_does_not_exist(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit 2 with the usage."""
    done = estuary(tmp_path, *arguments)
    assert 2 == done.returncode
    assert "usage: estuary convex" in done.stderr


def test_resources_that_do_not_exist(tmp_path: Path) -> None:
    """Exit 2: there is nothing to print."""
    done = estuary(tmp_path, "convex", "schema", RESOURCES="no.such:THING")
    assert (2, "") == (done.returncode, done.stdout)
    assert "RESOURCES: no.such:THING cannot be imported" in done.stderr
