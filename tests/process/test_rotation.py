"""Secrets are changed as docs/secrets-management.md says, while requests are served."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from tests.support.creates import ITEMS
from tests.support.http import get
from tests.support.load import creating_items, load_on
from tests.support.process import HOST, NotReady, Server, serving, until
from tests.support.servers import shared
from tests.support.servers.postgres import GUARDED_PASSWORD, GUARDED_USER, Postgres
from tests.support.servers.redis import redis_server

SECOND_USER, SECOND_PASSWORD = "guarded_b", "an0ther/%@:?"
MAKE_SECOND = f"""
CREATE ROLE {SECOND_USER} LOGIN PASSWORD '{SECOND_PASSWORD}' IN ROLE {GUARDED_USER};
ALTER ROLE {SECOND_USER} SET role = {GUARDED_USER};
"""
WHO_IS_THERE = "SELECT DISTINCT usename FROM pg_stat_activity WHERE usename LIKE 'guarded%'"


class Secret:
    """A file as Kubernetes mounts it: behind links, of which one is replaced to change it at once."""

    def __init__(self, folder: Path, value: str) -> None:
        self._folder = folder
        self._turns = 0
        self.path = folder / "url"
        folder.mkdir()
        self.change(value)
        self.path.symlink_to("..data/url")

    def change(self, value: str) -> None:
        """Replace it."""
        self._turns += 1
        there = self._folder / f"..turn_{self._turns}"
        there.mkdir()
        (there / "url").write_text(f"{value}\n")
        new = self._folder / "..data_new"
        new.symlink_to(there.name)
        new.rename(self._folder / "..data")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server whose one user needs a password, and may make tables."""
    server = shared.postgres()
    server.empty()
    server.execute(f"GRANT ALL ON SCHEMA public TO {GUARDED_USER}")
    yield server
    server.execute(f"ALTER ROLE {GUARDED_USER} LOGIN; DROP ROLE IF EXISTS {SECOND_USER}")
    server.empty()


def url_of(server: Postgres, user: str, password: str) -> str:
    """What a user connects with."""
    return server.url_of("estuary", user=f"{user}:{quote(password, safe='')}")


@contextmanager
def undisturbed(server: Server) -> Iterator[None]:
    """Write to a server while the block runs, and on for a while: nothing may fail."""
    with load_on(server, creating_items(), 4) as load:
        yield
        served = load.answered
        until(lambda: load.answered >= served + 50)
    assert ({201}, 0) == (set(load.statuses), load.unanswered)


def test_a_databases_password(tmp_path: Path, postgres: Postgres) -> None:
    """A second role, one replica after the other, the first role shut: nothing fails meanwhile."""
    secret = Secret(tmp_path / "secrets", url_of(postgres, GUARDED_USER, GUARDED_PASSWORD))
    variables = {"DATABASE_TYPE": "postgres", "DATABASE_URL_FILE": str(secret.path)}
    with ExitStack() as stack:
        first, second = (stack.enter_context(serving(tmp_path, variables)) for _ in range(2))
        postgres.execute(MAKE_SECOND)
        secret.change(url_of(postgres, SECOND_USER, SECOND_PASSWORD))
        with undisturbed(second):
            assert 0 == first.stop()
            first = stack.enter_context(serving(tmp_path, variables))
        with undisturbed(first):
            assert 0 == second.stop()
            second = stack.enter_context(serving(tmp_path, variables))
        postgres.execute(f"ALTER ROLE {GUARDED_USER} NOLOGIN")
        assert SECOND_USER == postgres.execute(WHO_IS_THERE)
        with undisturbed(first), undisturbed(second):
            pass
        totals = [msgspec.json.decode(get(each, ITEMS).body)["total"] for each in (first, second)]
        assert totals[0] == totals[1] >= 200
    secret.change(url_of(postgres, GUARDED_USER, GUARDED_PASSWORD))
    with pytest.raises(NotReady, match="exit 1"), serving(tmp_path, variables):
        pass


def test_the_url_of_redis(tmp_path: Path) -> None:
    """A second user, a restart, the first one removed: what was counted still counts."""
    with redis_server() as redis:

        def url(user: str) -> str:
            redis.say(
                f"ACL SETUSER {user} on >{user}-password ~estuary:* +select +eval +evalsha +time +get +set"
            )
            return f"redis://{user}:{user}-password@{HOST}:{redis.port}/0"

        secret = Secret(tmp_path / "secrets", url("one"))
        variables = {"REDIS_URL_FILE": str(secret.path), "RATE_LIMIT_ENABLED": "true"}
        with serving(tmp_path, variables) as server:
            assert ["999", "998"] == [remaining(server), remaining(server)]
            secret.change(url("two"))
            assert 0 == server.stop()
        redis.say("ACL DELUSER one")
        with serving(tmp_path, variables) as server:
            assert ["997", "996"] == [remaining(server), remaining(server)]


def remaining(server: Server) -> str:
    """How many requests the client has left, once one more is counted."""
    return get(server, ITEMS).headers["x-ratelimit-remaining"]
