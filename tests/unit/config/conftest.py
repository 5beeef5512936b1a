"""What the configuration's tests share: a directory without files, and loading from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from estuary.config.environment import Loaded, load_from
from estuary.config.errors import ConfigurationError

Load = Callable[..., Loaded]
Problems = Callable[..., tuple[str, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads from the variables given and the files in `tmp_path`, nothing else."""
    return lambda **environ: load_from(environ, directory=tmp_path)


@pytest.fixture
def problems(load: Load) -> Problems:
    """The problems that the variables given have; fails if they are valid."""

    def collect(**environ: str) -> tuple[str, ...]:
        with pytest.raises(ConfigurationError) as caught:
            load(**environ)
        return caught.value.problems

    return collect
