"""`estuary init`: the project that it makes runs, its own tests pass; nobody's files are overwritten."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from estuary import __version__
from estuary.app.introduction import introduction
from estuary.config.environment import load_from
from estuary.testing import NotServed, served
from tests.support.command import estuary
from tests.support.console import examples
from tests.support.documents import ROOT
from tests.support.process import TIMEOUT_SECONDS


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, as it was made."""
    folder = tmp_path_factory.mktemp("projects")
    done = estuary(folder, "init", "shop")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.endswith("next:\n  cd shop\n  estuary dev\n")
    return folder / "shop"


def test_the_guide_shows_what_is_printed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/development.md: the files that are made, and the addresses that are told."""
    shown = {each.command: "\n".join(each.lines) for each in examples(ROOT / "docs/development.md")}
    assert shown["estuary init shop"] == estuary(tmp_path, "init", "shop").stdout.rstrip()
    monkeypatch.chdir(project)
    reported = introduction(load_from({}, directory=project).settings, "http://127.0.0.1:3000", project)
    assert shown["estuary dev"] == "\n".join(reported)


def test_its_own_tests_pass(project: Path) -> None:
    """Against a service of their own, with the client."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_its_modules_have_one_name_each(project: Path) -> None:
    """Mypy, asked without a path's name, finds no module twice; what is imported is not looked at."""
    without = ("--follow-imports=skip", "--allow-subclassing-any", "--allow-untyped-decorators")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir=/dev/null", *without, "."],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT_SECONDS,
        check=False,
    )
    assert "Success: no issues found in 4 source files\n" == done.stdout


def test_its_seed_may_be_sown_again(project: Path) -> None:
    """Two authors, two books; then they are there: as the guide shows it."""
    store = {"DATABASE_URL": f"sqlite:///{project / 'seeded.db'}"}
    output = [estuary(project, "seed", "seed.jsonl", **store).stdout.rstrip() for _ in range(2)]
    shown = [
        each for each in examples(ROOT / "docs/development.md") if each.command.startswith("estuary seed")
    ]
    assert output == ["\n".join(each.lines) for each in shown]


def test_its_container_has_all_that_it_serves(project: Path, tmp_path: Path) -> None:
    """What the Dockerfile copies is enough, and .dockerignore lets it through.

    It begins with what `make container` has tagged.
    """
    text = (project / "Dockerfile").read_text()
    assert f"ARG ESTUARY_IMAGE=estuary:{__version__}\n" in text
    assert "--tag estuary:$(VERSION)" in (ROOT / "Makefile").read_text()
    copied = re.findall(r"^COPY (\S+) \./", text, re.MULTILINE)
    ignored = (project / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} <= set(ignored)
    for name in copied:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    with served(tmp_path) as service:
        listed = httpx.get(f"{service.origin}/api/v1/authors", timeout=TIMEOUT_SECONDS)
    assert (200, 0) == (listed.status_code, listed.json()["total"])


def test_what_is_not_served_says_why(tmp_path: Path) -> None:
    """A project's tests end with the service's own message."""
    (tmp_path / "estuary.toml").write_text('resources = "gone/"')
    with pytest.raises(NotServed, match="there is no folder gone/"), served(tmp_path):
        pass


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    """But for a repository and an environment, which come before the project."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, reported in (
        ("taken", "init: taken is not empty (notes.txt): name a folder that is empty or not there"),
        ("file", "init: file is a file: name a folder that is empty or not there"),
    ):
        done = estuary(tmp_path, "init", name)
        assert (2, f"estuary: {reported}\n") == (done.returncode, done.stderr)
    assert ["notes.txt"] == [path.name for path in (tmp_path / "taken").iterdir()]
    here = tmp_path / "here"
    for folder in (here / ".git", here / ".venv"):
        folder.mkdir(parents=True)
    assert 0 == estuary(here, "init", ".").returncode
    assert 'name = "here"' in (here / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("My shop", "; my-shop would be one"),
        ("2nd", "; nd would be one"),
        ("Läden", "; laden would be one"),
        ("123", ""),
    ],
)
def test_a_name_that_fits_no_project_is_refused(tmp_path: Path, name: str, suggested: str) -> None:
    """With one that it could be, where it comes to one; nothing is made."""
    done = estuary(tmp_path, "init", name)
    allowed = "it must have lower-case letters, digits, - and _ alone, and begin with a letter"
    assert f"estuary: init: {name!r} is no name for a project: {allowed}{suggested}\n" == done.stderr
    assert [] == list(tmp_path.iterdir())
