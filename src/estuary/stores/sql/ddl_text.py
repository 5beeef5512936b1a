"""Literals and definitions as they are written in DDL."""


def quoted(text: str) -> str:
    """`text` as a literal (standard SQL: a quote is doubled, nothing else means anything)."""
    return "'" + text.replace("'", "''") + "'"


def in_one_line(text: str) -> str:
    """A definition without its line breaks, fit to be compared."""
    return " ".join(text.split())
