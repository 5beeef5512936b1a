"""Files that hold values: NAME_FILE and systemd's credentials."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.config.conftest import Load, Problems


@pytest.mark.parametrize("content", ["8080", "8080\n", "8080\r\n"])
def test_a_file_holds_the_value(load: Load, tmp_path: Path, content: str) -> None:
    """One line break at the end is the editor's, not the value's; that goes for secrets, too."""
    (tmp_path / "port").write_bytes(content.encode())
    (tmp_path / "url").write_bytes(content.replace("8080", "memory://").encode())
    settings = load(PORT_FILE=str(tmp_path / "port"), DATABASE_URL_FILE="./url").settings
    assert 8080 == settings.port
    assert "memory" == settings.database.kind


def test_only_one_line_break_is_taken_off(problems: Problems, tmp_path: Path) -> None:
    """Only one line break is taken off a secret; what is left is looked at like any value."""
    (tmp_path / "url").write_text("memory://\n\n")
    (problem,) = problems(DATABASE_URL_FILE="./url")
    assert problem.startswith("DATABASE_URL is [hidden] (DATABASE_URL_FILE): it has a control character")


def test_a_secret_keeps_its_blanks(load: Load, problems: Problems) -> None:
    """Blanks may belong to a password; other values are trimmed."""
    assert "memory" == load(DATABASE_TYPE=" memory ").settings.database_type
    (problem,) = problems(DATABASE_URL=" memory://")
    assert "there is no store for its scheme" in problem


def test_a_variable_and_its_file_exclude_each_other(problems: Problems, tmp_path: Path) -> None:
    """Both set: which was meant is unknown. It holds within `.env`, too."""
    assert ("PORT and PORT_FILE are both set (environment): keep one",) == problems(PORT="1", PORT_FILE="x")
    (tmp_path / ".env").write_text("PORT=1\nPORT_FILE=x\n")
    assert ("PORT and PORT_FILE are both set (.env): keep one",) == problems()


def test_an_alias_has_no_file(load: Load) -> None:
    """RUST_LOG_FILE would rather be where somebody else logs to."""
    loaded = load(RUST_LOG_FILE="/var/log/x")
    assert "estuary=debug" == loaded.settings.log_filter


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Path.exists, "cannot be read: No such file or directory"),
        (Path.mkdir, "is not a regular file"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"\n"), "is empty"),
        (lambda path: path.write_bytes(b"\xff"), "is not UTF-8"),
        (lambda path: path.write_bytes(b"1" * 65537), "is longer than 65536 bytes"),
    ],
)
def test_a_file_that_has_no_value_is_an_error(
    problems: Problems, tmp_path: Path, make: Callable[[Path], object], what: str
) -> None:
    """A secret that went missing is noticed; a pipe is not waited for."""
    make(tmp_path / "value")
    assert (f"PORT_FILE: 'value' {what}",) == problems(PORT_FILE="value")


@pytest.mark.parametrize("name", ["PORT", "port"])
def test_a_credential_is_named_like_its_variable(load: Load, tmp_path: Path, name: str) -> None:
    """Systemd's LoadCredential= passes files on; lower case is customary there."""
    (tmp_path / name).write_text("8080\n")
    assert 8080 == load(CREDENTIALS_DIRECTORY=str(tmp_path)).settings.port


def test_a_credential_may_carry_an_alias(load: Load, tmp_path: Path) -> None:
    """Names and aliases are equal, wherever they come from."""
    (tmp_path / "rust_log").write_text("warn")
    assert "warn" == load(CREDENTIALS_DIRECTORY=str(tmp_path)).settings.log_filter


def test_credentials_that_are_not_there_are_no_error(load: Load, tmp_path: Path) -> None:
    """The manager may pass on none, or others than Estuary's."""
    (tmp_path / "others").write_text("x")
    for directory in (tmp_path, tmp_path / "missing"):
        assert 3000 == load(CREDENTIALS_DIRECTORY=str(directory)).settings.port


def test_a_credential_that_cannot_be_read_is_an_error(problems: Problems, tmp_path: Path) -> None:
    """A dangling credential was meant to be there: the default must not take its place."""
    (tmp_path / "port").symlink_to("nowhere")
    assert ("credential port cannot be read: No such file or directory",) == problems(
        CREDENTIALS_DIRECTORY=str(tmp_path)
    )


def test_a_secret_given_for_its_path_is_not_shown(problems: Problems) -> None:
    """A password given as DATABASE_URL_FILE by mistake does not appear in a log."""
    assert ("DATABASE_URL_FILE: [hidden] cannot be read: No such file or directory",) == problems(
        DATABASE_URL_FILE="hunter2"
    )
    assert ("DATABASE_URL_FILE: '/run/secrets/url' cannot be read: No such file or directory",) == problems(
        DATABASE_URL_FILE="/run/secrets/url"
    )
