"""A page's files, and where those that others wrote come from."""

import gzip
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from estuary.pages import page
from estuary.pages.page import page_file, read_page

ROOT = Path(__file__).parents[3]
FOLDER = Path(page.__file__).parent
PAGES = ["console", "docs"]
VENDORED: list[dict[str, Any]] = msgspec.json.decode((FOLDER / "vendored.json").read_bytes())
DEPENDENCIES = (ROOT / "docs/dependencies.md").read_text()


@pytest.mark.parametrize("name", PAGES)
def test_the_front_names_files_below_the_pages_version(name: str) -> None:
    """Whatever it refers to is there, at an address that changes when any file does."""
    read = read_page(name)
    text = read.front.body.decode()
    named = [part.partition('"')[0] for part in text.split('="./')[1:]]
    assert [] != named
    assert set() == {each.partition("/")[0] for each in named} - {read.version}
    assert set() == {each.partition("/")[2] for each in named} - set(read.files)


def test_a_page_has_another_version_when_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name counts, too; what is not served, such as a licence, does not."""
    monkeypatch.setattr(page, "_FOLDER", tmp_path)
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "index.html").write_text('<script src="./a.js">')
    script = folder / "a.js"

    def version() -> str:
        return read_page("some").version

    script.write_text("1")
    first = version()
    (folder / "a.LICENSE").write_text("take it")
    assert first == version()
    script.write_text("2")
    second = version()
    script.rename(folder / "b.js")
    assert 3 == len({first, second, version()})


def test_a_file_is_compressed_where_that_saves() -> None:
    """The forms have tags of their own, and what is compressed is the file."""
    long, short = page_file(".js", b"let a = 1;\n" * 100), page_file(".json", b"{}")
    assert long.compressed is not None
    assert long.body == gzip.decompress(long.compressed)
    assert long.tag != long.compressed_tag
    assert short.compressed is None


def test_what_others_wrote_is_what_they_published() -> None:
    """Each file has the bytes of its package, but for the changes that are listed."""
    differing = []
    for each in VENDORED:
        body = (FOLDER / each["file"]).read_bytes()
        for theirs, ours in each.get("changed", {}).items():
            assert 1 == body.count(ours.encode())
            body = body.replace(ours.encode(), theirs.encode())
        if sha256(body).hexdigest() != each["sha256"]:
            differing.append(each["file"])
    assert [] == differing


def test_what_others_wrote_is_listed_with_its_licence() -> None:
    """No file stands below a vendor folder that the list does not name."""
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/vendor/*")}
    assert found == {name for each in VENDORED for name in (each["file"], *each["texts"])}


def test_the_documents_name_what_others_wrote() -> None:
    """docs/dependencies.md has each package with its version."""
    reported = {f"`{each['package']}` {each['version']}" for each in VENDORED}
    assert set() == {each for each in reported if each not in DEPENDENCIES}
