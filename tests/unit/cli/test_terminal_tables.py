"""Tables at a terminal: no wider than it is, and nothing left out."""

import pytest

from estuary.cli.terminal_tables import table

ROWS = [
    ("NAME", "VALUE", "SOURCE"),
    ("PORT", "3000", "default"),
    ("CORS_ALLOWED_ORIGINS", "https://a.example.com,https://b.example.com and more words", "estuary.toml"),
]


def test_a_table_without_a_width_is_as_wide_as_its_cells() -> None:
    """As in a file or a pipe: a line is a row, and no line ends in blanks."""
    assert [
        "NAME                  VALUE                                                       SOURCE",
        "PORT                  3000                                                        default",
        "CORS_ALLOWED_ORIGINS  https://a.example.com,https://b.example.com and more words  estuary.toml",
    ] == list(table(ROWS, None))


def test_the_widest_column_gives_way() -> None:
    """Its cells go on in further lines, where they have blanks at those, and else anywhere."""
    assert [
        "NAME                  VALUE                SOURCE",
        "PORT                  3000                 default",
        "CORS_ALLOWED_ORIGINS  https://a.example.c  estuary.toml",
        "                      om,https://b.exampl",
        "                      e.com and more",
        "                      words",
    ] == list(table(ROWS, 55))


@pytest.mark.parametrize("width", [30, 40, 60, 79, 80, 94, 95, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Down to eight characters a column; every word of every cell is there."""
    lines = list(table(ROWS, width))
    assert width >= max(map(len, lines))
    message = "".join("".join(lines).split())
    assert sorted("".join("".join(row) for row in ROWS).replace(" ", "")) == sorted(message)


def test_a_terminal_that_is_too_narrow_gets_narrow_columns() -> None:
    """Of eight characters: the terminal breaks the lines then."""
    assert 8 * 3 + 4 == max(map(len, table(ROWS, 5)))


def test_what_a_terminal_shows_in_two_columns_counts_as_two() -> None:
    """Wide characters are padded and broken by columns; marks that stand above others need none."""
    rows = [("NAME", "VALUE"), ("日本語", "cafe\u0301"), ("書籍", "図書館の本 と 雑誌")]
    assert [
        "NAME    VALUE",
        "日本語  cafe\u0301",
        "書籍    図書館の本 と 雑誌",
    ] == list(table(rows, None))
    assert [
        "NAME    VALUE",
        "日本語  cafe\u0301",
        "書籍    図書館の",
        "        本 と",
        "        雑誌",
    ] == list(table(rows, 17))
