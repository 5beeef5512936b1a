"""The declared resources in Convex's schema."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct

from estuary.core.items import ITEMS
from estuary.core.resource import DeclarationError, Resource
from estuary.stores.convex.deployable import write
from estuary.stores.convex.schema import declared, schema
from tests.support.programs import require
from tests.support.resources import VESSELS
from tests.support.servers.convex import FACADE, FUNCTIONS
from tests.unit.stores.kinds import PARTS


class Name(Struct, frozen=True):
    """A name."""

    name: str


class NameAndAge(Struct, frozen=True):
    """A name, and an age."""

    name: str
    age: int = 0


def test_the_schema_that_comes_along_is_that_of_the_items() -> None:
    """The folder can be deployed as it is where items alone are served."""
    assert (FUNCTIONS / "schema.ts").read_text() == schema([ITEMS])


def test_every_kind_of_field_has_its_validator() -> None:
    """Real types; null where it is allowed, absence where there is a default."""
    lines = [line.strip() for line in schema([PARTS]).splitlines()]
    for line in (
        "order: v.string(),",
        "count: v.number(),",
        "select: v.number(),",
        "where: v.boolean(),",
        "table: v.string(),",
        """group: v.union(v.literal("c"), v.literal("it's: \\"a\\"  %(b)s")),""",
        "values: v.array(v.string()),",
        "checked: v.optional(v.union(v.boolean(), v.null())),",
        "tags: v.optional(v.union(v.array(v.string()), v.null())),",
    ):
        assert line in lines


def test_a_changed_declaration_is_another_schema() -> None:
    """Estuary sees by the digest that what is deployed is not what is declared."""
    before, after = declared([Resource("names", Name)]), declared([Resource("names", NameAndAge)])
    assert before.keys() == after.keys()
    assert before != after
    assert before["names"] in schema([Resource("names", Name)])


def test_a_name_of_the_books_is_refused() -> None:
    """No resource can get in the way of Estuary's own tables."""
    with pytest.raises(DeclarationError, match="estuary_"):
        schema([Resource("estuary_keys", Name)])


def test_the_functions_are_formatted() -> None:
    """As prettier formats them."""
    prettier = require("prettier (make tools)", shutil.which("prettier", path=FACADE / "node_modules/.bin"))
    sources = [*FUNCTIONS.glob("*.ts"), *FACADE.glob("*.mjs")]
    done = subprocess.run(
        [prettier, "--print-width", "110", "--check", *sources],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("resources", [(ITEMS,), (ITEMS, VESSELS, PARTS)], ids=["items", "every kind"])
def test_the_functions_are_well_typed(tmp_path: Path, resources: tuple[Resource, ...]) -> None:
    """TypeScript's compiler, strict, against Convex's own types, finds nothing in `convex/`."""
    modules = FACADE / "node_modules"
    tsc = require("tsc (make tools)", shutil.which("tsc", path=modules / ".bin"))
    write(tmp_path, resources)
    (tmp_path / "node_modules").symlink_to(modules)
    done = subprocess.run(
        [tsc, "--project", tmp_path], capture_output=True, text=True, check=False, timeout=120
    )
    assert (0, "") == (done.returncode, done.stdout)
