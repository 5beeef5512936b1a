"""Trial keys: made, kept and used like an issuer's."""

import stat
from pathlib import Path

import pytest

from estuary.auth.fetch import MAX_BYTES, FetchFailed
from estuary.auth.key_file import reading
from estuary.auth.trial import ALGORITHMS, BadKeyFile, TrialKeys, public_path
from tests.support.issuer import keys_of
from tests.unit.auth.sources import World


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_tokens_are_believed_by_the_public_half_alone(algorithm: str, tmp_path: Path) -> None:
    """A key that was written and read again signs what the published file verifies."""
    path = tmp_path / "keys.json"
    TrialKeys.new(algorithm).write(path)
    world = World(load=reading(public_path(path)))
    await world.source.refresh()
    assert "alice" == (await world.verify(world.token(TrialKeys.read(path)))).subject


def test_the_private_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    """0600, never written over, and its private numbers nowhere but there."""
    path = tmp_path / "keys.json"
    keys_of("ES256").write(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert '"d"' not in public_path(path).read_text()
    with pytest.raises(FileExistsError):
        keys_of("ES256").write(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{}]}',
        '{"keys": [1]}',
        '{"keys": [{"kid": "a", "alg": "none"}]}',
    ],
)
def test_another_file_is_refused(content: str, tmp_path: Path) -> None:
    """A file that this command did not write is refused as such."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(BadKeyFile):
        TrialKeys.read(path)


def test_a_public_key_cannot_sign(tmp_path: Path) -> None:
    """The published file in the private one's place is found out when it is read."""
    path = tmp_path / "keys.json"
    keys_of("RS256").write(path)
    with pytest.raises(BadKeyFile):
        TrialKeys.read(public_path(path))


async def test_a_key_file_that_cannot_be_read_is_a_failed_fetch(tmp_path: Path) -> None:
    """A missing or endless file is reported like an issuer's outage."""
    with pytest.raises(FetchFailed, match="No such file"):
        await reading(tmp_path / "missing")()
    (tmp_path / "large").write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(FetchFailed, match="longer than"):
        await reading(tmp_path / "large")()
