"""Errors in a configuration, reported all at once, safe to print on a terminal."""

from collections.abc import Sequence

HIDDEN = "[hidden]"
"""Replaces a secret wherever it would be shown."""

_LONGEST_SHOWN = 60


class Refused(Exception):
    """A value is invalid; `reason` gives details, and may be empty."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class ConfigurationError(Exception):
    """The configuration cannot be used. `problems` has a line for each error; none contains a secret."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "a problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(
            "\n".join([f"the configuration has {count}:", *(f"  {line}" for line in problems)])
        )


def quoted(text: str) -> str:
    """`text` in quotes, escaped so that it cannot forge lines, and truncated if it is long."""
    if len(text) > _LONGEST_SHOWN:
        return f"{text[:_LONGEST_SHOWN]!r}… ({len(text)} characters)"
    return repr(text)


def shown(text: str) -> str:
    """`text` as it is if it is short and printable, else as by `quoted`."""
    return text if text.isprintable() and len(text) <= _LONGEST_SHOWN else quoted(text)
