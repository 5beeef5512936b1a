"""What is wrong with a configuration: everything at once, fit to be printed on a terminal."""

from collections.abc import Sequence

HIDDEN = "[hidden]"
"""What stands wherever a secret would."""

_LONGEST_SHOWN = 60


class Refused(Exception):
    """A value is not of its form; `reason` says what in particular, and may be empty."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class ConfigurationError(Exception):
    """The configuration cannot be used. `problems` has a line for each mistake; none shows a secret."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "a problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(
            "\n".join([f"the configuration has {count}:", *(f"  {line}" for line in problems)])
        )


def quoted(text: str) -> str:
    """`text` in quotes: escaped, so that it forges no line, and cut, so that it fills no screen."""
    if len(text) > _LONGEST_SHOWN:
        return f"{text[:_LONGEST_SHOWN]!r}… ({len(text)} characters)"
    return repr(text)


def shown(text: str) -> str:
    """`text` as it is where it is short and printable, else as `quoted` has it."""
    return text if text.isprintable() and len(text) <= _LONGEST_SHOWN else quoted(text)
