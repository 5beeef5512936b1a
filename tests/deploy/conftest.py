"""What the tests of artefacts share. Those that need a machine of their own run where they are named."""

from pathlib import Path

import pytest

from tests.deploy.workshop import ROOT, make, require_builders

OWN_TARGETS = {
    "test_booted.py": "make systemd-test",
    "test_compiled_wheel.py": "make soak",
    "test_container.py": "make container-test",
}
"""They build a whole system first, or compile everything once more. `.ci/run` calls the first and the last
beside the other tests; the image of the last is made of a compiled wheel."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what has a target of its own, unless it was asked for by name."""
    if collection_path.name not in OWN_TARGETS:
        return None
    named = any(collection_path.name in argument for argument in config.invocation_params.args)
    return None if named else True


@pytest.fixture(scope="session")
def executable() -> Path:
    """The folder of the executable as `make executable` leaves it; rebuilt only where sources changed."""
    require_builders()
    make("executable")
    return ROOT / "dist/estuary"
