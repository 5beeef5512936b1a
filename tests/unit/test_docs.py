"""What the documents say is so: links lead somewhere, commands exist, examples work."""

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from estuary.core.kinds.every import KINDS
from estuary.core.resource import Resource
from tests.support.documents import DOCUMENTS
from tests.support.forgeries import Forger
from tests.support.issuer import keys_of

ROOT = Path(__file__).parents[2]
TESTS = sorted(ROOT.glob("tests/**/*.py"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = frozenset(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
WITH_DECLARATIONS = [document for document in DOCUMENTS if " = Resource(" in document.read_text()]
FOLDERS = ("src", "tests", "bench", "docs", "deploy", "examples", "workshop", "convex")
WRITTEN_BY_THE_BENCH = "bench/results/"
NOT_PICTURED = {"cryptography", "mypy-extensions"}
"""One is imported for trials' keys only, and PyJWT stands for it otherwise; the other is a decorator."""

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
MAKE = re.compile(r"(?:^|[;&|] *)make +([a-z-]+)", re.MULTILINE)
ESTUARY = re.compile(r"(?:^|[\s/;&|])estuary +([a-z]+)\b", re.MULTILINE)

by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


class Text(NamedTuple):
    """A document, apart: its prose, its inline code, its blocks by language."""

    prose: str
    inline: list[str]
    blocks: list[tuple[str, str]]


def read(document: Path) -> Text:
    """The parts of a Markdown document."""
    whole = document.read_text()
    prose = FENCED.sub("", whole)
    return Text(CODE.sub("", prose), CODE.findall(prose), FENCED.findall(whole))


def commands(document: Path) -> Iterator[str]:
    """What the document has its reader type, or names as something that can be typed."""
    text = read(document)
    yield from text.inline
    for language, block in text.blocks:
        if language in {"sh", "console"}:
            yield from (line.split("#")[0].strip().removeprefix("$ ") for line in block.splitlines())


def anchors(document: Path) -> set[str]:
    """The fragments that lead to a document's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCED.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_broken(link: str, document: Path) -> bool:
    """Whether a relative link leads to no file, or to no heading in it."""
    path, _, fragment = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return True
    return bool(fragment) and target.suffix == ".md" and fragment not in anchors(target)


def declared_dependencies() -> set[str]:
    """Every library that pyproject.toml asks for, whatever for."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return {re.split(r"[\[<>=!~; ]", requirement)[0] for group in groups for requirement in group}


def declarations(document: Path) -> list[Resource]:
    """The resources that a document's examples declare."""
    module = ModuleType("example")
    for language, block in read(document).blocks:
        if language == "python" and "Resource(" in block:
            exec(compile(block, document.name, "exec"), module.__dict__)  # noqa: S102 - our own text
    return [value for value in vars(module).values() if isinstance(value, Resource)]


def commands_of_estuary() -> set[str]:
    """The commands that `estuary --help` lists."""
    output = subprocess.run(
        [sys.executable, "-m", "estuary", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return set(re.findall(r"^ {4}([a-z]+)(?: |$)", output, re.MULTILINE))


@by_document
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link names a file of the checkout and, after #, a heading in it."""
    links = [link for link in LINK.findall(read(document).prose) if "://" not in link]
    assert [] == [link for link in links if is_broken(link, document)]


@by_document
def test_every_make_target_exists(document: Path) -> None:
    """A document that says `make x` is believed."""
    named = {target for command in commands(document) for target in MAKE.findall(command)}
    assert set() == named - TARGETS


@by_document
def test_every_command_of_estuary_exists(document: Path) -> None:
    """A document that says `estuary x` is believed."""
    named = {name for command in commands(document) for name in ESTUARY.findall(command)}
    assert set() == named - commands_of_estuary()


@by_document
def test_every_path_exists(document: Path) -> None:
    """A path in a document, such as `src/estuary/core`, is there."""
    paths = {code for code in read(document).inline if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", code)}
    ours = {path for path in paths if path.partition("/")[0] in FOLDERS and "/" in path}
    kept = {path for path in ours if not path.startswith(WRITTEN_BY_THE_BENCH)}
    assert set() == {path for path in kept if not (ROOT / path).exists()}


@by_document
def test_every_test_that_is_named_exists(document: Path) -> None:
    """Each promise is listed with the tests that show it."""
    named = {name for code in read(document).inline for name in re.findall(r"^test_\w+$", code)}
    there = {name for text in map(Path.read_text, TESTS) for name in re.findall(r"def (test_\w+)", text)}
    assert set() == named - there


def test_guides_import_public_names_only() -> None:
    """Nobody comes to depend on a path that is Estuary's own: neither in code nor in RESOURCES."""
    deeper = re.compile(
        r"^(?:from|import) estuary\.(?!kinds |client |testing )|estuary\.\w+\.\w+:\w+", re.MULTILINE
    )
    guides = [document for document in DOCUMENTS if document.parent.name == "docs"]
    found = {
        (document.name, code)
        for document in guides
        for code in (*read(document).inline, *(block for _, block in read(document).blocks))
        if deeper.search(code)
    }
    assert set() == found


def test_every_guard_names_the_test_that_shows_it() -> None:
    """A line of the threat model without one would be a wish."""
    text = (ROOT / "docs/security.md").read_text().partition("## What each guard stops")[2]
    rows = [row for row in text.partition("\n## ")[0].splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 15
    assert [] == [row for row in rows if not re.search(r"`tests/[\w/]+\.py` \|$", row)]


def test_every_forgery_that_is_named_is_tried() -> None:
    """What a rule of RFC 8725 is shown by is one of the tokens that are refused; "…" stands for several."""
    text = (
        (ROOT / "docs/authentication.md").read_text().partition("## RFC 8725")[2].partition("\n\nBeyond")[0]
    )
    named = [name.rstrip("… ") for name in re.findall(r"(?<!\*)\*([^*|]+)\*", text)]
    tried = Forger("https://issuer.test", keys_of("RS256"), "https://attacker.test").every()
    assert len(named) >= 15
    assert [] == [name for name in named if not any(each.startswith(name) for each in tried)]


def test_the_vocabulary_names_modules_that_exist() -> None:
    """The architecture's table of words leads its reader to the module that each word lives in."""
    text = (ROOT / "docs/architecture.md").read_text()
    rows = text.partition("## The words")[2].partition("\nPaths in this table")[0]
    modules = re.findall(r"`([\w/]+(?:\.py|/))`", rows)
    assert [] == [module for module in modules if not (ROOT / "src/estuary" / module).exists()]


def test_make_help_tells_of_every_target() -> None:
    """Every target of the Makefile is documented."""
    output = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert TARGETS == set(re.findall(r"^ +make ([a-z-]+) ", output, re.MULTILINE))


def test_every_dependency_has_its_reason() -> None:
    """docs/dependencies.md has a row for each library that is asked for, and for no other."""
    text = (ROOT / "docs/dependencies.md").read_text()
    assert sorted(declared_dependencies()) == sorted(re.findall(r"^\| `([\w-]+)`", text, re.MULTILINE))


@pytest.mark.parametrize("document", WITH_DECLARATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_declarations_that_readers_copy_can_be_served(document: Path) -> None:
    """What a document shows as a resource is one."""
    assert [] != [resource.name for resource in declarations(document)]


def test_the_guide_to_resources_shows_every_kind_of_field() -> None:
    """Its example declares a field of every kind."""
    shown = [resource.fields for resource in declarations(ROOT / "docs/resources.md")]
    assert set(KINDS) == {type(field.kind) for fields in shown for field in fields}


def test_the_picture_of_the_layers_is_theirs() -> None:
    """It names every layer that is kept apart, and each library that one of them alone may import."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    libraries = {
        name.replace("_", "-")
        for each in contracts
        if each["type"] == "protected"
        for name in each["protected_modules"]
        if not name.startswith("estuary.")
    }
    picture = ET.parse(ROOT / "docs/pictures/layers.svg").getroot()  # noqa: S314 - our own file
    written: dict[str, list[str]] = defaultdict(list)
    for text in picture.iter("{http://www.w3.org/2000/svg}text"):
        written[text.attrib["class"]].append(text.text or "")
    aside = {"__main__", "beginning", "kinds", "testing"}  # what is run, what comes first, and for projects
    assert {name for layer in layers for name in layer.split(" | ")} - aside == set(written["name"])
    beside = " ".join(written["lib"]).lower()
    assert set() == {name for name in libraries - NOT_PICTURED if name not in beside}


@pytest.mark.parametrize("picture", sorted(ROOT.glob("docs/**/*.svg")), ids=lambda path: path.name)
def test_a_picture_can_be_read_by_everyone(picture: Path) -> None:
    """A picture is well-formed, says in words what it shows, and has colours for light and for dark."""
    root = ET.parse(picture).getroot()  # noqa: S314 - our own file
    reported = [root.find(f"{{http://www.w3.org/2000/svg}}{part}") for part in ("title", "desc")]
    assert all(part is not None and part.text for part in reported)
    assert "prefers-color-scheme: dark" in picture.read_text()
