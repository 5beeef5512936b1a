"""How mistakes look on a terminal."""

from estuary.config.errors import ConfigurationError, quoted, shown


def test_an_error_has_a_line_for_each_problem() -> None:
    """It can be printed as it is."""
    message = str(ConfigurationError(["A is wrong", "B is, too"]))
    assert "the configuration has 2 problems:\n  A is wrong\n  B is, too" == message
    assert "the configuration has a problem:\n  A is wrong" == str(ConfigurationError(["A is wrong"]))


def test_quoted_text_is_escaped_and_cut() -> None:
    """A value can neither forge a line nor fill the screen."""
    assert '"it\'s\\n"' == quoted("it's\n")
    assert f"'{'a' * 60}'" == quoted("a" * 60)
    assert f"'{'a' * 60}'… (61 characters)" == quoted("a" * 61)


def test_shown_text_is_quoted_only_when_it_must_be() -> None:
    """A column of values reads best without quotes."""
    assert "default-src 'self'" == shown("default-src 'self'")
    assert "'a\\x1b'" == shown("a\x1b")
    assert f"'{'a' * 60}'… (61 characters)" == shown("a" * 61)
