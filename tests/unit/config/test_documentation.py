"""The generated documents are those of the table."""

from pathlib import Path

import pytest

from estuary.config import documentation
from estuary.config.dotenv import parse
from estuary.config.settings import TABLE

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (documentation.ENV_EXAMPLE, documentation.env_example()),
        (documentation.CONFIGURATION, documentation.configuration()),
    ],
    ids=str,
)
def test_documents_have_not_drifted(path: Path, text: str) -> None:
    """`make docs` was run after the table changed."""
    assert text == (ROOT / path).read_text(encoding="utf-8")


def test_the_example_uncommented_gives_the_defaults() -> None:
    """What `.env.example` shows is what holds without it."""
    uncommented = "\n".join(
        line.removeprefix("# ")
        for line in documentation.env_example().splitlines()
        if line.startswith(tuple(f"# {variable.name}=" for variable in TABLE))
    )
    entries = parse(uncommented.encode())
    assert {variable.name: variable.default for variable in TABLE} == {
        name: entry.value for name, entry in entries.items()
    }


def test_every_variable_has_a_whole_row() -> None:
    """A table of Markdown breaks silently when a cell holds a bar or a line break."""
    rows = [line for line in documentation.configuration().splitlines() if line.startswith("| `")]
    assert len(TABLE) == len(rows)
    for variable, row in zip(TABLE, rows, strict=True):
        assert row.startswith(f"| `{variable.name}`")
        assert 6 == row.count("|")
        assert variable.summary in row
        assert variable.form.allowed in row
        assert variable.secret == ("**secret**" in row)
        assert all(f"`{alias}`" in row for alias in variable.aliases)


def test_both_documents_are_written_below_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`python -m estuary.config.documentation` is what `make docs` runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    documentation.main()
    assert documentation.env_example() == (tmp_path / ".env.example").read_text(encoding="utf-8")
    assert documentation.configuration() == (tmp_path / "docs/configuration.md").read_text(encoding="utf-8")
