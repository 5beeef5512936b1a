"""The syntax of `.env` files, line by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.config.dotenv import parse
from estuary.config.errors import ConfigurationError


def value_of(line: str) -> str:
    """What `line` sets A to."""
    entries = parse(line.encode())
    assert ["A"] == list(entries)
    return entries["A"].value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("  A = b  ", "b"),
        ("export A=b", "b"),
        ("export\tA=b", "b"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=b # comment", "b"),
        ("A=b\t# comment", "b"),
        ("A=b#c", "b#c"),
        ("A=#b", "#b"),
        ("A=b c", "b c"),
        ("A=b=c", "b=c"),
        ("A=it's", "it's"),
        ("A=${HOME}$x", "${HOME}$x"),
        ("A=C:\\new", "C:\\new"),
        ("A='b'", "b"),
        ("A=''", ""),
        ("A='b # c' # comment", "b # c"),
        ("A='\\n\\'", "\\n\\"),
        ("A='say \"hi\"'", 'say "hi"'),
        ('A="b"', "b"),
        ('A=""', ""),
        ('A="b # c"\t# comment', "b # c"),
        ('A="it\'s"', "it's"),
        (r'A="a\nb\rc\td\"e\\f\$g"', 'a\nb\rc\td"e\\f$g'),
        ("A=ünïcode", "ünïcode"),
    ],
)
def test_a_value_is_read(line: str, value: str) -> None:
    """Quotes, escapes, comments and blanks mean what they mean in other tools."""
    assert value == value_of(line)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("what is this", "this is neither NAME=value nor a comment"),
        ("=b", "this is neither NAME=value nor a comment"),
        ("1A=b", "this is neither NAME=value nor a comment"),
        ("A B=b", "this is neither NAME=value nor a comment"),
        ("export A", "this is neither NAME=value nor a comment"),
        ("A='b", "the value of A opens a quote and does not close it on this line"),
        ('A="b', "the value of A opens a quote and does not close it on this line"),
        ('A="b\\"', "the value of A opens a quote and does not close it on this line"),
        ("A='b'c", "something follows the closing quote of A"),
        ('A="b"#c', "something follows the closing quote of A"),
        (r'A="\x"', r"the value of A has an unknown escape; write \\ for a backslash"),
    ],
)
def test_a_line_that_cannot_be_read_is_an_error(line: str, problem: str) -> None:
    """The error names file and line, and repeats no value, which may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse(f"# first\n\n{line}\nB=fine".encode(), "some.env")
    assert caught.value.problems == (f"some.env:3: {problem}",)


def test_every_wrong_line_is_reported() -> None:
    """Mistakes do not hide each other."""
    with pytest.raises(ConfigurationError) as caught:
        parse(b"?\nA=b\n!\nA=c")
    assert (
        ".env:1: this is neither NAME=value nor a comment",
        ".env:3: this is neither NAME=value nor a comment",
        ".env:4: A is set a second time, after line 2",
    ) == caught.value.problems


def test_comments_blank_lines_line_ends_and_byte_order_mark_are_no_entries() -> None:
    """Only what sets something is an entry, and entries know their lines."""
    entries = parse(b"\xef\xbb\xbf# A=a\r\n\r\n \t\r\n  # B=b\nC=c\r\nD='d'\r\nE=\r\n")
    assert {"C": ("c", 5), "D": ("d", 6), "E": ("", 7)} == entries


def test_bytes_that_are_not_utf8_name_their_line() -> None:
    """An editor with another encoding wrote the file: the line helps to find it."""
    with pytest.raises(ConfigurationError) as caught:
        parse(b"A=b\nC=\xff")
    assert (".env:2: this is not UTF-8",) == caught.value.problems


def test_the_example_is_a_valid_file() -> None:
    """`.env.example` can be copied as it is, and sets nothing until a line is uncommented."""
    root = Path(__file__).parents[3]
    assert {} == parse((root / ".env.example").read_bytes())


LINES = st.lists(
    st.text(st.sampled_from("AB_=#'\"\\ \t\r$nx1é\0"), max_size=20) | st.text(max_size=10), max_size=6
).map("\n".join)


def outcome_of(content: bytes) -> list[str]:
    """The names set, or the problems."""
    try:
        return list(parse(content))
    except ConfigurationError as error:
        return list(error.problems)


@given(content=LINES.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    """Nothing but a `ConfigurationError` comes out of a file, whatever is in it."""
    assert all(outcome_of(content))


@given(value=st.text(st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_any_value_survives_double_quotes(value: str) -> None:
    """Every text can be written: escaped, in double quotes, it is read as it was."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
    written = "".join(escapes.get(character, character) for character in value)
    assert value == value_of(f'A="{written}"')
