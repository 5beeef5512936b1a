"""Which resources RESOURCES names: one, all of a module, or all of a folder's modules."""

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from estuary.app import load_resources, openapi
from estuary.core.declarations import DeclarationError

AUTHORS = """
from estuary import Resource
from msgspec import Struct

class Author(Struct, frozen=True):
    age: int

AUTHORS = Resource("authors", Author)
"""
BOOKS = """
from typing import Annotated
from estuary import Ref, Resource
from msgspec import Struct
from shelves.authors import AUTHORS

class Book(Struct, frozen=True):
    author: Annotated[str, Ref("authors")]

BOOKS = Resource("books", Book)
_DRAFTS = Resource("drafts", Book)
PAGES = Resource("pages", Book)
"""
CLASHING = """
from typing import Annotated, Literal
from estuary import Resource, Unique
from msgspec import Struct, defstruct

AUTHOR = Resource("author", defstruct("BookList", [("age", int)], frozen=True))
CODES = Resource("api_keys", defstruct("Error", [("code", int)], frozen=True))

class Size(Struct, frozen=True):
    top_1: Literal["a", "b"] = "a"
    top1: Literal["c", "d"] = "c"

SIZES = Resource("sizes", Size)
"""
FOREIGN = """
from estuary import Resource
from msgspec import Struct, defstruct

class Maß(Struct, frozen=True):
    width: int

class Bücher(Struct, frozen=True):
    size: Maß

class Shelf(Struct, frozen=True):
    size: Maß

BOOKS = Resource("books", Bücher)
PAGES = Resource("pages", defstruct("Page[int]", [("number", int)], frozen=True))
SHELVES = Resource("shelves", Shelf)
"""
FAULTY = """
from estuary import Resource
from msgspec import Struct

class Ämter(Struct, frozen=True):
    id: int

ÄMTER = Resource("offices", Ämter)
NONE = Resource("none", int | None)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the folder `shelves` of two modules; what is imported is forgotten again."""
    there = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    shelves = tmp_path / "shelves"
    shelves.mkdir()
    (shelves / "authors.py").write_text(AUTHORS)
    (shelves / "books.py").write_text(BOOKS)
    yield tmp_path
    for name in set(sys.modules) - there:
        del sys.modules[name]


def names(*references: str) -> list[str]:
    invalidate_caches()
    return [each.name for each in load_resources(references)]


def faults(*references: str) -> tuple[str, ...]:
    invalidate_caches()
    with pytest.raises(DeclarationError) as caught:
        load_resources(references)
    return caught.value.faults


@pytest.mark.usefixtures("folder")
def test_a_module_names_every_resource_in_it() -> None:
    """In the order of its namespace, those it imports too, and each once; underscored names are its own."""
    assert ["authors", "books", "pages"] == names("shelves.books")
    assert ["books", "authors", "pages"] == names("shelves.books:BOOKS", "shelves.authors", "shelves.books")


def test_a_folder_names_every_resource_of_its_modules(folder: Path) -> None:
    """In the order of the modules' names; helpers declare none, and underscored ones are not imported."""
    (folder / "shelves" / "_helpers.py").write_text("raise ValueError")
    (folder / "shelves" / "rules.py").write_text("LONGEST = 3")
    (folder / "shelves" / "README.md").write_text("what is here")
    assert ["authors", "books", "pages"] == names("shelves/")
    assert ["authors", "books", "pages"] == names("./shelves/")


def test_a_folder_that_is_a_package_comes_first(folder: Path) -> None:
    """What `__init__.py` declares is declared in the folder."""
    (folder / "shelves" / "__init__.py").write_text(
        AUTHORS.replace("author", "poet").replace("Author", "Poet").replace("AUTHOR", "POET")
    )
    assert ["poets", "authors", "books", "pages"] == names("shelves/")


def test_the_working_directory_hides_no_installed_module(folder: Path) -> None:
    """It is looked in last, and only for what it holds."""
    (folder / "msgspec.py").write_text("raise ValueError")
    assert ["items"] == names("estuary:ITEMS")
    assert str(folder) not in sys.path
    assert ["authors"] == names("shelves.authors")
    assert str(folder) == sys.path[-1]


def test_what_names_no_resource_is_told(folder: Path) -> None:
    """A folder that is not there, one without modules, a module without resources, a package's folder."""
    (folder / "empty").mkdir()
    (folder / "rules.py").write_text("LONGEST = 3")
    assert (
        f"RESOURCES: there is no folder gone/ in {folder}",
        "RESOURCES: the folder empty/ holds no module",
        "RESOURCES: rules declares no Resource; every module in the folder of that name is rules/",
        "RESOURCES: shelves declares no Resource; every module in the folder of that name is shelves/",
        "RESOURCES: shelves.authors:Author is not a Resource",
        "RESOURCES: estuary:ITEMS is named 2 times",
    ) == faults(
        "gone/", "empty/", "rules", "shelves", "shelves.authors:Author", "estuary:ITEMS", "estuary:ITEMS"
    )


def test_every_module_of_a_folder_that_fails_is_told(folder: Path) -> None:
    """With the line of its own that raised; the other modules are examined, too."""
    (folder / "shelves" / "pens.py").write_text("\nraise ValueError('no ink')")
    (folder / "shelves" / "rules.py").write_text("import gone")
    pens, rules = (folder / "shelves" / name for name in ("pens.py", "rules.py"))
    raised = "cannot be imported: its module raises"
    assert (
        f"RESOURCES: shelves.pens {raised} ValueError: no ink in {pens}, line 2",
        f"RESOURCES: shelves.rules {raised} ModuleNotFoundError: No module named 'gone' in {rules}, line 1",
    ) == faults("shelves/")


def test_a_faulty_declaration_in_a_folder_is_told_by_its_reference(folder: Path) -> None:
    """As where RESOURCES names it itself."""
    place = folder / "shelves" / "authors.py"
    place.write_text(AUTHORS.replace("age", "id"))
    (fault,) = faults("shelves/")
    assert fault == (
        "RESOURCES: shelves.authors:AUTHORS: field 'id' is Estuary's own; choose another name "
        f"(in {place}, line 8)"
    )


def test_a_name_that_several_modules_declare_is_told_with_all_of_them(folder: Path) -> None:
    """So that one sees which to rename."""
    (folder / "shelves" / "writers.py").write_text(AUTHORS)
    assert (
        "RESOURCES: 2 resources are named 'authors': shelves.authors:AUTHORS, shelves.writers:AUTHORS",
    ) == faults("shelves/")


def test_names_of_the_document_that_would_mean_two_things_are_refused(folder: Path) -> None:
    """Else one schema would take another's place, and clients be made of the wrong one."""
    (folder / "shelves" / "clashing.py").write_text(CLASHING)
    told = [fault.removeprefix("RESOURCES: ") for fault in faults("shelves.books", "shelves.clashing")]
    assert [
        "shelves.books:BOOKS and shelves.clashing:AUTHOR would both have the schema BookList",
        "shelves.clashing:CODES would have the schema Error",
        "shelves.clashing:SIZES would have the schema SizeTop1Choice",
        "shelves.books:AUTHORS and shelves.clashing:AUTHOR would both have the operation create_author",
        "shelves.clashing:CODES would have the operation list_api_keys",
    ] == [fault.partition(" in the OpenAPI document")[0] for fault in told]
    assert [
        ": rename the class shelves.books.Book or shelves.clashing.BookList",
        ", which is Estuary's own: rename the class shelves.clashing.Error",
        " twice: rename a field of shelves.clashing.Size",
        ": give one of them another name, or another singular than 'author'",
        ", which is Estuary's own: choose another name",
    ] == [fault.partition(" in the OpenAPI document")[2] for fault in told]


def test_a_class_whose_name_no_schema_may_have_is_refused(folder: Path) -> None:
    """Tools would refuse the whole OpenAPI document; other faults are reported with it."""
    (folder / "shelves" / "foreign.py").write_text(FOREIGN)
    (folder / "shelves" / "faulty.py").write_text(FAULTY)
    allowed = (
        "names schemas of the OpenAPI document, which allows A-Z, a-z, 0-9, '_', '-' and '.' there: "
        "rename the class"
    )
    no_struct = "is not a msgspec Struct: declare a class of msgspec.Struct with frozen=True"
    place = f"(in {folder / 'shelves' / 'faulty.py'}, line"
    assert (
        f"RESOURCES: shelves.faulty:ÄMTER: field 'id' is Estuary's own; choose another name {place} 8)",
        f"RESOURCES: shelves.faulty:NONE: int | None {no_struct} {place} 9)",
        f"RESOURCES: shelves.foreign:BOOKS: the class shelves.foreign.Bücher {allowed}",
        f"RESOURCES: shelves.foreign:PAGES: the class shelves.foreign.Page[int] {allowed}",
        f"RESOURCES: shelves.faulty:ÄMTER: the class shelves.faulty.Ämter {allowed}",
    ) == faults("shelves.foreign", "shelves.faulty")


def test_a_nested_class_may_have_any_name(folder: Path) -> None:
    """Its schema stands where the field is, without a name."""
    (folder / "shelves" / "foreign.py").write_text(FOREIGN)
    (shelves,) = load_resources(["shelves.foreign:SHELVES"])
    assert b"Ma\xc3\x9f" not in openapi([shelves])
