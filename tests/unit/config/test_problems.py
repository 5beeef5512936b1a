"""How mistakes look on a terminal."""

from estuary.config.problems import ConfigurationError, quoted, shown


def test_an_error_has_a_line_for_each_problem() -> None:
    """It can be printed as it is."""
    assert str(ConfigurationError(["A is wrong", "B is, too"])) == (
        "the configuration has 2 problems:\n  A is wrong\n  B is, too"
    )
    assert str(ConfigurationError(["A is wrong"])) == "the configuration has a problem:\n  A is wrong"


def test_quoted_text_is_escaped_and_cut() -> None:
    """A value can neither forge a line nor fill the screen."""
    assert quoted("it's\n") == '"it\'s\\n"'
    assert quoted("a" * 60) == f"'{'a' * 60}'"
    assert quoted("a" * 61) == f"'{'a' * 60}'… (61 characters)"


def test_shown_text_is_quoted_only_when_it_must_be() -> None:
    """A column of values reads best without quotes."""
    assert shown("default-src 'self'") == "default-src 'self'"
    assert shown("a\x1b") == "'a\\x1b'"
    assert shown("a" * 61) == f"'{'a' * 60}'… (61 characters)"
